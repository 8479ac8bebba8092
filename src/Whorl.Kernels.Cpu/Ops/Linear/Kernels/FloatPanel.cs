namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The float layouts.</summary>
internal static class FloatPanel
{
    /// <summary><see cref="Quantized.Panels.FloatPanels"/>.</summary>
    internal readonly struct F32 : IFloatPanel
    {
        public static int PairBytes => 256;

        public static bool IsWide => true;

        public static bool IsBrain => false;
    }

    /// <summary><see cref="Quantized.Panels.HalfWidthPanels.BF16"/>.</summary>
    internal readonly struct BF16 : IFloatPanel
    {
        public static int PairBytes => 128;

        public static bool IsWide => false;

        public static bool IsBrain => true;
    }

    /// <summary><see cref="Quantized.Panels.HalfWidthPanels.F16"/>.</summary>
    internal readonly struct F16 : IFloatPanel
    {
        public static int PairBytes => 128;

        public static bool IsWide => false;

        public static bool IsBrain => false;
    }
}
