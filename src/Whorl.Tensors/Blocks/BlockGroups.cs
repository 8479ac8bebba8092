namespace Whorl.Tensors;

/// <summary>
/// What a block of a quantised type means: integer codes in groups that share a scale, <c>value = scale · code (+ minimum)</c>. Kernels
/// that multiply codes read blocks through this, and <see cref="BlockCodec.Decode"/> follows from it.
/// </summary>
/// <param name="Elements">Elements of a block.</param>
/// <param name="Bytes">Bytes of a block.</param>
/// <param name="Size">Elements of a group: 16 or 32.</param>
/// <param name="HasMinimum">Whether a group also has a minimum, which is added.</param>
/// <param name="Decode">Takes one block apart.</param>
public sealed record BlockGroups(int Elements, int Bytes, int Size, bool HasMinimum, BlockGroups.Decoder Decode)
{
    private const int MostElements = 256;
    private const int LeastSize = 16;

    /// <summary>Takes one block apart; products of scale and code are exact in float32.</summary>
    /// <param name="block">The checkpoint's bytes of one block.</param>
    /// <param name="codes">Receives a code an element, -128 to 127.</param>
    /// <param name="scales">Receives a scale a group.</param>
    /// <param name="minimums">Receives a minimum a group; left alone where the type has none.</param>
    public delegate void Decoder(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums);

    /// <summary>The groups of a type, or null for one whose blocks are not of this kind.</summary>
    public static BlockGroups? Of(ElementType type) => type switch
    {
        ElementType.Q4_0 => Of<Q4_0Block>(),
        ElementType.Q4_1 => Of<Q4_1Block>(),
        ElementType.Q5_0 => Of<Q5_0Block>(),
        ElementType.Q5_1 => Of<Q5_1Block>(),
        ElementType.Q8_0 => Of<Q8_0Block>(),
        ElementType.Q2_K => Of<Q2_KBlock>(),
        ElementType.Q3_K => Of<Q3_KBlock>(),
        ElementType.Q4_K => Of<Q4_KBlock>(),
        ElementType.Q5_K => Of<Q5_KBlock>(),
        ElementType.Q6_K => Of<Q6_KBlock>(),
        ElementType.IQ4_NL => Of<IQ4_NLBlock>(),
        ElementType.IQ4_XS => Of<IQ4_XSBlock>(),
        ElementType.MXFP4 => Of<MXFP4Block>(),
        _ => null,
    };

    /// <summary>The values of a group: <c>s·c</c>, or <c>fma(s, c, m)</c>; s·c is exact, so only the addition of m rounds.</summary>
    /// <param name="c">Codes.</param>
    /// <param name="s">Scale.</param>
    /// <param name="m">Minimum, or null.</param>
    /// <param name="values">Receives a value a code.</param>
    public static void Expand(ReadOnlySpan<sbyte> c, float s, float? m, Span<float> values)
    {
        if (m is { } minimum)
        {
            for (int k = 0; k < c.Length; k++)
            {
                values[k] = (s * c[k]) + minimum;
            }

            return;
        }

        for (int k = 0; k < c.Length; k++)
        {
            values[k] = s * c[k];
        }
    }

    /// <summary>The values of blocks.</summary>
    internal void Expand(ReadOnlySpan<byte> source, Span<float> values)
    {
        Span<sbyte> codes = stackalloc sbyte[MostElements];
        Span<float> scales = stackalloc float[MostElements / LeastSize], minimums = stackalloc float[MostElements / LeastSize];
        codes = codes[..Elements];
        for (; !values.IsEmpty; source = source[Bytes..], values = values[Elements..])
        {
            Decode(source[..Bytes], codes, scales, minimums);
            for (int k = 0, group = 0; k < Elements; k += Size, group++)
            {
                Expand(codes.Slice(k, Size), scales[group], HasMinimum ? minimums[group] : null, values.Slice(k, Size));
            }
        }
    }

    private static BlockGroups Of<TBlock>()
        where TBlock : IGroupBlock => new(TBlock.Elements, TBlock.Bytes, TBlock.GroupSize, TBlock.HasMinimum, TBlock.Decode);
}
