using System.Globalization;

namespace Whorl.Protocol.Messages;

/// <summary>A block's name in a swarm, <c>prefix.index</c>, and chains of such names joined by a space, in forward order.</summary>
/// <param name="Prefix">The model's prefix, without '.' and ' ' (<c>bloom-560m-petals</c>; it may hold a '/').</param>
/// <param name="Block">The block's index in the model, from 0.</param>
public readonly record struct ModuleUid(string Prefix, int Block)
{
    private const char Delimiter = '.';
    private const char ChainDelimiter = ' ';

    /// <summary>Reads one name.</summary>
    /// <exception cref="WireFormatException">It is not <c>prefix.index</c>.</exception>
    public static ModuleUid Parse(string uid)
    {
        int dot = uid.IndexOf(Delimiter, StringComparison.Ordinal);
        if (dot <= 0 || uid.Contains(ChainDelimiter)
            || !int.TryParse(uid.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int block))
        {
            throw new WireFormatException($"'{uid[..Math.Min(uid.Length, 100)]}' is not a block's uid (prefix.index)");
        }

        return new ModuleUid(uid[..dot], block);
    }

    /// <summary>The single names in a chain; none for an empty string.</summary>
    public static string[] SplitChain(string chain) => chain.Split(ChainDelimiter, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The chain of blocks <paramref name="start"/> up to <paramref name="end"/>, exclusive.</summary>
    public static string Chain(string prefix, int start, int end) =>
        string.Join(ChainDelimiter, Enumerable.Range(start, end - start).Select(block => new ModuleUid(prefix, block)));

    /// <summary>The name on the wire.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Delimiter}{Block}");
}
