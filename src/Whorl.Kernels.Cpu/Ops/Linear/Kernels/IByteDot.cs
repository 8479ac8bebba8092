using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>How a processor multiplies bytes and sums four products in each lane of 32 bits, exactly.</summary>
internal interface IByteDot
{
    /// <summary>Whether the codes' bias is in the sum, which is then 128 · Σ q too large.</summary>
    static abstract bool KeepsBias { get; }

    /// <summary>Adds products.</summary>
    /// <param name="sum">What they are added to.</param>
    /// <param name="codes">Codes, 128 too large.</param>
    /// <param name="q">Activations.</param>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, Vector256<sbyte> q);
}
