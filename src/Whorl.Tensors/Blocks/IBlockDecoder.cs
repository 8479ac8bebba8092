namespace Whorl.Tensors;

/// <summary>Expands one block of a quantised type.</summary>
internal interface IBlockDecoder
{
    /// <summary>Writes the block's values; both spans have exactly one block's length.</summary>
    static abstract void Decode(ReadOnlySpan<byte> block, Span<float> values);
}
