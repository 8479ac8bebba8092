using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Reads weights and their scales from panels into 256-bit vectors; lane = output.</summary>
/// <remarks>A panel's 32 lanes are 4 vectors; <c>part</c> counts them.</remarks>
internal static unsafe class PanelReader256
{
    /// <summary>A group's scales and minimums, exact in float32; the minimums of a layout that has none are not to be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TPanel>(byte* panel, int block, int group, int part, out Vector256<float> scale, out Vector256<float> minimum)
        where TPanel : IQuantisedPanel
    {
        byte* fields = TPanel.Fields(panel, block, group);
        if (TPanel.Scales == ScaleKind.Floats)
        {
            scale = Vector256.Load((float*)fields + (part * 8));
            minimum = TPanel.HasMinimum ? Vector256.Load((float*)fields + PanelLayout.Lanes + (part * 8)) : default;
            return;
        }

        if (TPanel.Scales == ScaleKind.Superblock)
        {
            byte* six = fields + SuperblockNibblePanels.SixBitsAt + ((block & 7) * SuperblockNibblePanels.SixBitsBlock) + (part * 8 * 2);
            Vector256<int> bytes = Avx2.ConvertToVector256Int32((ushort*)six);
            scale = Vector256.Load((float*)fields + (part * 8)) * Vector256.ConvertToSingle(bytes & Vector256.Create(255));
            minimum = Vector256.Load((float*)fields + PanelLayout.Lanes + (part * 8)) * Vector256.ConvertToSingle(bytes >>> 8);
            return;
        }

        Vector256<int> pair = Vector256.Load((int*)fields + (part * 8));
        bool alternate = TPanel.Scales == ScaleKind.AlternateHalves;
        scale = WidenHigh(pair << (alternate ? 16 * (~block & 1) : 16));
        minimum = alternate ? default : WidenHigh(pair);
    }

    /// <summary>Two columns of float weights, widened exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TPanel>(byte* pair, int part, out Vector256<float> even, out Vector256<float> odd)
        where TPanel : IFloatPanel
    {
        if (TPanel.IsWide)
        {
            even = Vector256.Load((float*)pair + (part * 8));
            odd = Vector256.Load((float*)pair + PanelLayout.Lanes + (part * 8));
            return;
        }

        Vector256<int> bits = Vector256.Load((int*)pair + (part * 8));
        even = TPanel.IsBrain ? (bits << 16).AsSingle() : WidenHigh(bits << 16);
        odd = TPanel.IsBrain ? (bits & Vector256.Create(unchecked((int)0xffff_0000))).AsSingle() : WidenHigh(bits);
    }

    // The f16 in the upper half of each lane: its bits, moved to where float32 has them, are the value times 2^-112. Exact for subnormals too; not for
    // infinities and NaN, which no packed f16 is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> WidenHigh(Vector256<int> pairs) =>
        ((pairs >> 3) & Vector256.Create(unchecked((int)0x8fff_e000))).AsSingle() * Vector256.Create(5.192296858534828e33f);
}
