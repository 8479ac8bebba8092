using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary><see cref="NibblePanels"/>.</summary>
internal readonly unsafe struct NibblePanel : IQuantisedPanel
{
    public static ScaleKind Scales => ScaleKind.AlternateHalves;

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static bool IsBiased => true;

    public static int FieldBytes => NibblePanels.PairScales / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Fields(panel, block, 0) + NibblePanels.PairScales + ((block & 1) * QuantisedPanels.NibbleBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)(block >> 1) * NibblePanels.PairBytes);
}
