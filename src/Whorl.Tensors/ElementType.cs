using System.Diagnostics.CodeAnalysis;

namespace Whorl.Tensors;

/// <summary>How the elements of a tensor are stored; sizes and properties are in <see cref="ElementTypes"/>.</summary>
/// <remarks>
/// The plain types are those of safetensors, the block-quantised ones those of GGML, with GGML's names. The numbers are our own and
/// are written to no file: GGUF's are in <see cref="ElementTypeInfo.GgmlType"/>.
/// </remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The names are GGML's.")]
[SuppressMessage("Naming", "CA1720", Justification = "The names are safetensors'.")]
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>A byte, 0 or 1.</summary>
    Bool,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits, no infinities; only its size is known here.</summary>
    F8_E4M3,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits; only its size is known here.</summary>
    F8_E5M2,

    /// <summary>8-bit power of two, the scale of microscaling formats; only its size is known here.</summary>
    F8_E8M0,

    /// <summary>32 elements of 4 bits about 8, an f16 scale.</summary>
    Q4_0,

    /// <summary>32 elements of 4 bits, an f16 scale and an f16 minimum.</summary>
    Q4_1,

    /// <summary>32 elements of 5 bits about 16, an f16 scale.</summary>
    Q5_0,

    /// <summary>32 elements of 5 bits, an f16 scale and an f16 minimum.</summary>
    Q5_1,

    /// <summary>32 elements of 8 bits with sign, an f16 scale.</summary>
    Q8_0,

    /// <summary>32 elements of 8 bits with sign, an f16 scale and the f16 sum of the elements; GGML's activations beside Q4_1.</summary>
    Q8_1,

    /// <summary>256 elements of 2 bits in groups of 16, each with a 4-bit scale and a 4-bit minimum.</summary>
    Q2_K,

    /// <summary>256 elements of 3 bits in groups of 16, each with a 6-bit scale.</summary>
    Q3_K,

    /// <summary>256 elements of 4 bits in groups of 32, each with a 6-bit scale and a 6-bit minimum.</summary>
    Q4_K,

    /// <summary>256 elements of 5 bits in groups of 32, each with a 6-bit scale and a 6-bit minimum.</summary>
    Q5_K,

    /// <summary>256 elements of 6 bits in groups of 16, each with an 8-bit scale.</summary>
    Q6_K,

    /// <summary>256 elements of 8 bits, an f32 scale and sums by 16; GGML's activations beside the K types.</summary>
    Q8_K,

    /// <summary>256 elements, 2.06 bits each, vectors of 8 from a table of 256.</summary>
    IQ2_XXS,

    /// <summary>256 elements, 2.31 bits each, vectors of 8 from a table of 512.</summary>
    IQ2_XS,

    /// <summary>256 elements, 2.56 bits each, vectors of 8 from a table of 1024.</summary>
    IQ2_S,

    /// <summary>256 elements, 3.06 bits each, vectors of 4 from a table of 256.</summary>
    IQ3_XXS,

    /// <summary>256 elements, 3.44 bits each, vectors of 4 from a table of 512.</summary>
    IQ3_S,

    /// <summary>256 elements, 1.56 bits each, ternary vectors of 8 from a table of 2048.</summary>
    IQ1_S,

    /// <summary>256 elements, 1.75 bits each, as <see cref="IQ1_S"/> with scales by 16.</summary>
    IQ1_M,

    /// <summary>32 elements of 4 bits that index a table of 16 uneven steps, an f16 scale.</summary>
    IQ4_NL,

    /// <summary>256 elements as <see cref="IQ4_NL"/>, with a 6-bit scale by 32.</summary>
    IQ4_XS,

    /// <summary>256 ternary elements, five to a byte.</summary>
    TQ1_0,

    /// <summary>256 ternary elements, four to a byte.</summary>
    TQ2_0,

    /// <summary>32 elements of 4-bit float (e2m1) with a power of two as scale (OCP microscaling).</summary>
    MXFP4,

    /// <summary>64 elements of 4-bit float (e2m1) in groups of 16 with an 8-bit float (ue4m3) as scale.</summary>
    NVFP4,
}
