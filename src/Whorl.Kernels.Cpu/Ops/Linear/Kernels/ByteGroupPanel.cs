using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary><see cref="ByteGroupPanels"/>.</summary>
/// <typeparam name="TShape">Groups and minimums.</typeparam>
internal readonly unsafe struct ByteGroupPanel<TShape> : IQuantisedPanel
    where TShape : IGroupShape
{
    public static ScaleKind Scales => ScaleKind.Floats;

    public static bool IsNibbles => false;

    public static bool HalfGroups => TShape.HalfGroups;

    public static bool HasMinimum => TShape.HasMinimum;

    public static bool IsBiased => true;

    private static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ByteGroupPanels.BytesOf(TShape.HalfGroups ? 2 : 1, TShape.HasMinimum);
    }

    public static int FieldBytes => BlockBytes - QuantisedPanels.ByteBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => panel + ((nint)(block + 1) * BlockBytes) - QuantisedPanels.ByteBlock;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) =>
        panel + ((nint)block * BlockBytes) + (group * ByteGroupPanels.GroupBytes(TShape.HasMinimum));
}
