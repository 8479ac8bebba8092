using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Reads weights and their scales from panels into 128-bit vectors; lane = output.</summary>
/// <remarks>A panel's 32 lanes are 8 vectors; <c>part</c> counts them.</remarks>
internal static unsafe class PanelReader128
{
    /// <summary>A group's scales and minimums, exact in float32; the minimums of a layout that has none are not to be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TPanel>(byte* panel, int block, int group, int part, out Vector128<float> scale, out Vector128<float> minimum)
        where TPanel : IQuantisedPanel
    {
        byte* fields = TPanel.Fields(panel, block, group);
        if (TPanel.Scales == ScaleKind.Floats)
        {
            scale = Vector128.Load((float*)fields + (part * 4));
            minimum = TPanel.HasMinimum ? Vector128.Load((float*)fields + PanelLayout.Lanes + (part * 4)) : default;
            return;
        }

        if (TPanel.Scales == ScaleKind.Superblock)
        {
            byte* six = fields + SuperblockNibblePanels.SixBitsAt + ((block & 7) * SuperblockNibblePanels.SixBitsBlock) + (part * 4 * 2);
            Vector128<int> bytes = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)six).AsUInt16()).AsInt32();
            scale = Vector128.Load((float*)fields + (part * 4)) * Vector128.ConvertToSingle(bytes & Vector128.Create(255));
            minimum = Vector128.Load((float*)fields + PanelLayout.Lanes + (part * 4)) * Vector128.ConvertToSingle(bytes >>> 8);
            return;
        }

        Vector128<int> pair = Vector128.Load((int*)fields + (part * 4));
        bool alternate = TPanel.Scales == ScaleKind.AlternateHalves;
        scale = WidenHigh(pair << (alternate ? 16 * (~block & 1) : 16));
        minimum = alternate ? default : WidenHigh(pair);
    }

    /// <summary>Two columns of float weights, widened exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TPanel>(byte* pair, int part, out Vector128<float> even, out Vector128<float> odd)
        where TPanel : IFloatPanel
    {
        if (TPanel.IsWide)
        {
            even = Vector128.Load((float*)pair + (part * 4));
            odd = Vector128.Load((float*)pair + PanelLayout.Lanes + (part * 4));
            return;
        }

        Vector128<int> bits = Vector128.Load((int*)pair + (part * 4));
        even = TPanel.IsBrain ? (bits << 16).AsSingle() : WidenHigh(bits << 16);
        odd = TPanel.IsBrain ? (bits & Vector128.Create(unchecked((int)0xffff_0000))).AsSingle() : WidenHigh(bits);
    }

    // The f16 in the upper half of each lane: its bits, moved to where float32 has them, are the value times 2^-112. Exact for subnormals too; not for
    // infinities and NaN, which no packed f16 is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> WidenHigh(Vector128<int> pairs) =>
        ((pairs >> 3) & Vector128.Create(unchecked((int)0x8fff_e000))).AsSingle() * Vector128.Create(5.192296858534828e33f);
}
