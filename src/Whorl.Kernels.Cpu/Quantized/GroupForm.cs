using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized;

/// <summary>How a quantised type is cut into groups of integer codes that share a scale.</summary>
/// <param name="Size">Elements of a group: 16 or 32.</param>
/// <param name="HasMinimum">Whether a group also has a minimum, which is added.</param>
/// <param name="Decode">Takes one block apart.</param>
internal sealed record GroupForm(int Size, bool HasMinimum, GroupForm.Decoder Decode)
{
    /// <summary>Takes one block apart into <c>value = scale · code + minimum</c>; products of scale and code are exact in float32.</summary>
    /// <param name="block">The checkpoint's bytes of one block.</param>
    /// <param name="codes">Receives a code an element, -128 to 127.</param>
    /// <param name="scales">Receives a scale a group.</param>
    /// <param name="minimums">Receives a minimum a group; left alone where the type has none.</param>
    public delegate void Decoder(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums);

    /// <summary>The form of a type, or null for one without a kernel.</summary>
    public static GroupForm? Of(ElementType type) => type switch
    {
        ElementType.Q4_0 => new(32, false, LegacyBlocks.Q4_0),
        ElementType.Q4_1 => new(32, true, LegacyBlocks.Q4_1),
        ElementType.Q5_0 => new(32, false, LegacyBlocks.Q5_0),
        ElementType.Q5_1 => new(32, true, LegacyBlocks.Q5_1),
        ElementType.Q8_0 => new(32, false, LegacyBlocks.Q8_0),
        ElementType.Q2_K => new(16, true, KBlocks.Q2_K),
        ElementType.Q3_K => new(16, false, KBlocks.Q3_K),
        ElementType.Q4_K => new(32, true, KBlocks.Q4_K),
        ElementType.Q5_K => new(32, true, KBlocks.Q5_K),
        ElementType.Q6_K => new(16, false, KBlocks.Q6_K),
        ElementType.IQ4_NL => new(32, false, TableBlocks.IQ4_NL),
        ElementType.IQ4_XS => new(32, false, TableBlocks.IQ4_XS),
        ElementType.MXFP4 => new(32, false, TableBlocks.MXFP4),
        _ => null,
    };
}
