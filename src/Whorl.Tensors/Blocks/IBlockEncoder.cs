namespace Whorl.Tensors;

/// <summary>Quantises one block.</summary>
internal interface IBlockEncoder
{
    /// <summary>Writes the block, every byte of it; both spans have exactly one block's length.</summary>
    static abstract void Encode(ReadOnlySpan<float> values, Span<byte> block);
}
