using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary><see cref="NibbleMinimumPanels"/>.</summary>
internal readonly unsafe struct NibbleMinimumPanel : IQuantisedPanel
{
    public static ScaleKind Scales => ScaleKind.HalfPair;

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    public static int FieldBytes => NibbleMinimumPanels.BlockScales;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Fields(panel, block, 0) + NibbleMinimumPanels.BlockScales;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)block * NibbleMinimumPanels.BlockBytes);
}
