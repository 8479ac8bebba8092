namespace Whorl.MsgPack;

/// <summary>A Python tuple: distinct from a list on the wire (extension 0x40), though readers mostly take either.</summary>
/// <param name="Items">The elements, each of a type that <see cref="MsgPackReader.Read"/> names.</param>
internal sealed record MsgPackTuple(IReadOnlyList<object?> Items)
{
    /// <summary>A tuple of the given elements.</summary>
    public static MsgPackTuple Of(params object?[] items) => new(items);
}
