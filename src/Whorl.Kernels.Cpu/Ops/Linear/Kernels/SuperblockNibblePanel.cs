using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary><see cref="SuperblockNibblePanels"/>.</summary>
internal readonly unsafe struct SuperblockNibblePanel : IQuantisedPanel
{
    public static ScaleKind Scales => ScaleKind.Superblock;

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static bool IsBiased => false;

    public static int FieldBytes => SuperblockNibblePanels.CodesAt / 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) =>
        Fields(panel, block, 0) + SuperblockNibblePanels.CodesAt + ((block & 7) * QuantisedPanels.NibbleBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)(block >> 3) * SuperblockNibblePanels.SuperblockBytes);
}
