namespace Whorl.Tensors;

/// <summary>
/// The scalar reference between stored elements and float32. What a block type <em>means</em> is defined here; kernels that unpack
/// blocks otherwise are compared with it bit for bit.
/// </summary>
/// <remarks>
/// <para>Decoding expands exactly: <c>scale·code</c> has at most 24 significant bits in every type with f16 scales, so the product is
/// exact in float32, and types with a minimum add or subtract it with one float32 rounding (<c>d·q + m</c>, <c>d·sc·q − dmin·mn</c>).
/// A fused multiply-add would therefore give the same bits. Signs of zero and subnormals are kept.</para>
/// <para>Encoding follows ggml's reference quantisers (<c>quantize_row_*_ref</c> in ggml-quants.c) operation by operation in float32,
/// without importance matrix and without fused multiply-adds, and gives the same bytes. Values must be finite: what a NaN or an
/// infinity becomes is unspecified.</para>
/// </remarks>
public static class BlockCodec
{
    /// <summary>Whether <see cref="Decode"/> knows <paramref name="type"/>.</summary>
    public static bool CanDecode(ElementType type) => FindDecoder(type) is not null;

    /// <summary>Whether <see cref="Encode"/> knows <paramref name="type"/>.</summary>
    public static bool CanEncode(ElementType type) => FindEncoder(type) is not null;

    /// <summary>Expands stored elements to float32.</summary>
    /// <param name="type">
    /// How <paramref name="source"/> is stored. F64 is rounded to nearest; every other type follows the remarks above.
    /// </param>
    /// <param name="source">Exactly the bytes of <paramref name="destination"/>'s elements, from a block's start on; any alignment.</param>
    /// <param name="destination">A whole number of blocks; may not overlap <paramref name="source"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other or the block size.</exception>
    /// <exception cref="NotSupportedException">The type has no decoder (<see cref="CanDecode"/>).</exception>
    public static void Decode(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        Decoder decode = FindDecoder(type) ?? throw new NotSupportedException(
            $"{ElementTypes.Info(type).Name} cannot be expanded to float32");
        CheckLengths(type, source.Length, destination.Length, nameof(source));
        decode(source, destination);
    }

    /// <summary>Quantises (or rounds, ties to even) float32 values.</summary>
    /// <param name="type">How to store them.</param>
    /// <param name="source">A whole number of blocks of finite values.</param>
    /// <param name="destination">Exactly the bytes of as many elements; may not overlap <paramref name="source"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other or the block size.</exception>
    /// <exception cref="NotSupportedException">The type has no encoder (<see cref="CanEncode"/>).</exception>
    public static void Encode(ElementType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        Encoder encode = FindEncoder(type) ?? throw new NotSupportedException(
            $"{ElementTypes.Info(type).Name} cannot be made from float32");
        CheckLengths(type, destination.Length, source.Length, nameof(destination));
        encode(source, destination);
    }

    private delegate void Decoder(ReadOnlySpan<byte> source, Span<float> destination);

    private delegate void Encoder(ReadOnlySpan<float> source, Span<byte> destination);

    private static Decoder? FindDecoder(ElementType type) => type switch
    {
        ElementType.F32 => PlainCodec.DecodeF32,
        ElementType.F16 => PlainCodec.DecodeF16,
        ElementType.BF16 => PlainCodec.DecodeBF16,
        ElementType.F64 => PlainCodec.DecodeF64,
        ElementType.TQ1_0 => DecodeBlocks<TQ1_0Block>,
        ElementType.TQ2_0 => DecodeBlocks<TQ2_0Block>,
        ElementType.NVFP4 => DecodeBlocks<NVFP4Block>,
        _ => BlockGroups.Of(type) is { } groups ? groups.Expand : null,
    };

    private static Encoder? FindEncoder(ElementType type) => type switch
    {
        ElementType.F32 => PlainCodec.EncodeF32,
        ElementType.F16 => PlainCodec.EncodeF16,
        ElementType.BF16 => PlainCodec.EncodeBF16,
        ElementType.Q4_0 => EncodeBlocks<Q4_0Block>,
        ElementType.Q4_1 => EncodeBlocks<Q4_1Block>,
        ElementType.Q5_0 => EncodeBlocks<Q5_0Block>,
        ElementType.Q5_1 => EncodeBlocks<Q5_1Block>,
        ElementType.Q8_0 => EncodeBlocks<Q8_0Block>,
        ElementType.Q2_K => EncodeBlocks<Q2_KBlock>,
        ElementType.Q3_K => EncodeBlocks<Q3_KBlock>,
        ElementType.Q4_K => EncodeBlocks<Q4_KBlock>,
        ElementType.Q5_K => EncodeBlocks<Q5_KBlock>,
        ElementType.Q6_K => EncodeBlocks<Q6_KBlock>,
        ElementType.IQ4_NL => EncodeBlocks<IQ4_NLBlock>,
        ElementType.IQ4_XS => EncodeBlocks<IQ4_XSBlock>,
        ElementType.TQ1_0 => EncodeBlocks<TQ1_0Block>,
        ElementType.TQ2_0 => EncodeBlocks<TQ2_0Block>,
        ElementType.MXFP4 => EncodeBlocks<MXFP4Block>,
        _ => null,
    };

    private static void DecodeBlocks<TBlock>(ReadOnlySpan<byte> source, Span<float> destination)
        where TBlock : IBlock, IBlockDecoder
    {
        for (; !destination.IsEmpty; source = source[TBlock.Bytes..], destination = destination[TBlock.Elements..])
        {
            TBlock.Decode(source[..TBlock.Bytes], destination[..TBlock.Elements]);
        }
    }

    private static void EncodeBlocks<TBlock>(ReadOnlySpan<float> source, Span<byte> destination)
        where TBlock : IBlock, IBlockEncoder
    {
        for (; !source.IsEmpty; source = source[TBlock.Elements..], destination = destination[TBlock.Bytes..])
        {
            TBlock.Encode(source[..TBlock.Elements], destination[..TBlock.Bytes]);
        }
    }

    private static void CheckLengths(ElementType type, int bytes, int elements, string name)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        if (elements % info.BlockSize != 0 || bytes != info.BytesFor(elements))
        {
            throw new ArgumentException($"{bytes} bytes do not hold {elements} elements of {info.Name}", name);
        }
    }
}
