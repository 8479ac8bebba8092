using System.Runtime.InteropServices;

namespace Whorl.Kernels.Cpu.Quantized.Activations;

/// <summary>32 activations rounded to 8 bits, with what the kernels need of them; 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ActivationBlock
{
    /// <summary>Activations of a block.</summary>
    public const int Size = 32;

    /// <summary>Bytes of a block.</summary>
    public const int Bytes = 48;

    /// <summary>Where <see cref="Scale"/> lies.</summary>
    public const int ScaleAt = 32;

    /// <summary>Where <see cref="EightSums"/> lies.</summary>
    public const int EightSumsAt = 36;

    /// <summary>Where <see cref="ScaledSum"/> lies.</summary>
    public const int ScaledSumAt = 40;

    /// <summary>Where <see cref="SumLow"/> lies.</summary>
    public const int SumLowAt = 44;

    /// <summary>The codes q, -127 to 127.</summary>
    public fixed sbyte Codes[Size];

    /// <summary>d: an activation is about d · q.</summary>
    public float Scale;

    /// <summary>8 · Σ q.</summary>
    public int EightSums;

    /// <summary>d · float(Σ q).</summary>
    public float ScaledSum;

    /// <summary>Σ q of the first 16.</summary>
    public short SumLow;

    /// <summary>Σ q of the last 16.</summary>
    public short SumHigh;
}
