namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>What the fields of a group are, for each lane.</summary>
internal enum ScaleKind
{
    /// <summary>Two f16 scales: an even block's, and the next one's.</summary>
    AlternateHalves,

    /// <summary>An f16 scale and an f16 minimum.</summary>
    HalfPair,

    /// <summary>An f32 d and, after those of all lanes, an f32 -dmin for eight blocks, each of which has an 8-bit scale and an 8-bit minimum.</summary>
    Superblock,

    /// <summary>An f32 scale; the minimums, where there are, follow those of all lanes.</summary>
    Floats,
}
