namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>A float layout as a type, read two columns at a time.</summary>
internal interface IFloatPanel
{
    /// <summary>Bytes of two columns.</summary>
    static abstract int PairBytes { get; }

    /// <summary>Whether an element takes 32 bits rather than 16.</summary>
    static abstract bool IsWide { get; }

    /// <summary>Whether 16 bits are a bfloat16 rather than a binary16.</summary>
    static abstract bool IsBrain { get; }
}

/// <summary><see cref="Quantized.Panels.FloatPanels"/>.</summary>
internal readonly struct F32Panel : IFloatPanel
{
    public static int PairBytes => 256;

    public static bool IsWide => true;

    public static bool IsBrain => false;
}

/// <summary><see cref="Quantized.Panels.HalfWidthPanels.BF16"/>.</summary>
internal readonly struct BF16Panel : IFloatPanel
{
    public static int PairBytes => 128;

    public static bool IsWide => false;

    public static bool IsBrain => true;
}

/// <summary><see cref="Quantized.Panels.HalfWidthPanels.F16"/>.</summary>
internal readonly struct F16Panel : IFloatPanel
{
    public static int PairBytes => 128;

    public static bool IsWide => false;

    public static bool IsBrain => false;
}
