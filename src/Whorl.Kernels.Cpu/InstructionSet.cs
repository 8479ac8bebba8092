namespace Whorl.Kernels.Cpu;

/// <summary>Which of the equal forms of a kernel runs.</summary>
internal enum InstructionSet
{
    /// <summary>Plain C#.</summary>
    Scalar,

    /// <summary>Vectors of 128 bits: any SSE4, any ARM64.</summary>
    Vector128,

    /// <summary>AVX2 and FMA.</summary>
    Vector256,

    /// <summary>AVX-512 with BW.</summary>
    Vector512,
}
