using System.Globalization;
using System.Text;
using Whorl.MsgPack;
using Whorl.Protocol.Messages;

namespace Whorl.Protocol.Metadata;

/// <summary>
/// Petals' args_structure: a tuple of (positional arguments, keyword arguments) in which the i-th tensor of the message stands as the byte
/// string <c>__Ti</c>. Read here where every argument is a tensor by position, as all of Petals' are.
/// </summary>
internal static class ArgumentStructure
{
    private const string Mask = "__T";

    /// <summary>The index of the tensor for each positional argument; null for nil.</summary>
    /// <exception cref="WireFormatException">Another structure: keyword arguments, nested ones, constants.</exception>
    public static IReadOnlyList<int>? Read(object? value)
    {
        if (value is null)
        {
            return null;
        }

        if (MapFields.Items(value) is not [object arguments, MsgPackMap { Entries.Count: 0 }]
            || MapFields.Items(arguments) is not { Count: <= MessageLimits.MaxTensors } items)
        {
            throw new WireFormatException("args_structure: not (positional tensors, no keywords)");
        }

        return [.. items.Select(ReadIndex)];
    }

    /// <summary>The structure for tensors by position.</summary>
    public static MsgPackTuple Write(IReadOnlyList<int> arguments) => MsgPackTuple.Of(
        new MsgPackTuple([.. arguments.Select(
            index => (object?)Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mask}{index}")))]),
        new MsgPackMap());

    private static int ReadIndex(object? item)
    {
        // Text in place of bytes is what a peer would send that packs without bin types.
        string? mask = item switch
        {
            byte[] bytes => Encoding.Latin1.GetString(bytes),
            string text => text,
            _ => null,
        };
        return mask is not null && mask.StartsWith(Mask, StringComparison.Ordinal)
            && int.TryParse(mask.AsSpan(Mask.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < MessageLimits.MaxTensors
            ? index
            : throw new WireFormatException("args_structure: an argument is not a tensor");
    }
}
