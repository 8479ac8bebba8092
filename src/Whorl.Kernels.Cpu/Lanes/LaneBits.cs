namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Bit patterns of float32 that the lanes' integer operations use.</summary>
internal static class LaneBits
{
    /// <summary>1.0: the exponent's bias, in place.</summary>
    public const int One = 127 << 23;

    /// <summary>1.5·2²³, to which a whole number below 2²² in magnitude is added to have its integer in the low bits.</summary>
    public const int Shift = 0x4B400000;

    /// <summary>The bit that makes a NaN a quiet one.</summary>
    public const int Quiet = 0x00400000;

    /// <summary>The half of a float32 that is a bfloat16.</summary>
    public const int UpperHalf = unchecked((int)0xFFFF0000);
}
