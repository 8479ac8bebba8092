namespace Whorl.Tensors;

/// <summary>Sizes and properties of an <see cref="ElementType"/>.</summary>
/// <param name="Type">The type that is described.</param>
/// <param name="Name">Its name as safetensors and GGML spell it, as in "Q4_0".</param>
/// <param name="BlockSize">Elements in a block: 1 for the plain types. A row is a whole number of blocks.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="IsQuantised">Whether a block holds codes and scales rather than plain numbers.</param>
/// <param name="GgmlType">The number of the type in a GGUF file, or -1 where GGUF has none.</param>
public sealed record ElementTypeInfo(ElementType Type, string Name, int BlockSize, int BlockBytes, bool IsQuantised, int GgmlType)
{
    /// <summary>The bytes that <paramref name="elements"/> elements take.</summary>
    /// <param name="elements">A multiple of <see cref="BlockSize"/>, not negative.</param>
    /// <exception cref="ArgumentException">It is negative or no whole number of blocks.</exception>
    /// <exception cref="OverflowException">The size exceeds 2^63 - 1 bytes.</exception>
    public long BytesFor(long elements)
    {
        if (elements < 0 || elements % BlockSize != 0)
        {
            throw new ArgumentException($"{elements} elements are no whole number of {Name} blocks of {BlockSize}", nameof(elements));
        }

        return checked(elements / BlockSize * BlockBytes);
    }
}
