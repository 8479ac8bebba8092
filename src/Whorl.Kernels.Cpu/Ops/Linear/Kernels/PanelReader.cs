using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Reads weights and their scales from panels; lane = output.</summary>
/// <remarks>A panel's 32 lanes are 2, 4 or 8 registers; <c>part</c> counts them.</remarks>
internal static unsafe class PanelReader<TRegister>
    where TRegister : unmanaged, IRegister<TRegister>
{
    /// <summary>A group's scales and minimums, exact in float32; the minimums of a layout that has none are not to be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TPanel>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TPanel : IQuantisedPanel
    {
        byte* fields = TPanel.Fields(panel, block, group);
        if (TPanel.Scales == ScaleKind.Floats)
        {
            scale = TRegister.Load((float*)fields + (part * TRegister.Lanes));
            minimum = TPanel.HasMinimum ? TRegister.Load((float*)fields + PanelLayout.Lanes + (part * TRegister.Lanes)) : default;
            return;
        }

        if (TPanel.Scales == ScaleKind.Superblock)
        {
            byte* six = fields + SuperblockNibblePanels.SixBitsAt + ((block & 7) * SuperblockNibblePanels.SixBitsBlock) + (part * TRegister.Lanes * 2);
            TRegister bytes = TRegister.LoadUInt16((ushort*)six);
            scale = TRegister.MultiplySingle(TRegister.Load((float*)fields + (part * TRegister.Lanes)), TRegister.ToSingle(bytes & TRegister.Broadcast(255)));
            minimum = TRegister.MultiplySingle(TRegister.Load((float*)fields + PanelLayout.Lanes + (part * TRegister.Lanes)), TRegister.ToSingle(bytes >>> 8));
            return;
        }

        TRegister pair = TRegister.Load((int*)fields + (part * TRegister.Lanes));
        bool alternate = TPanel.Scales == ScaleKind.AlternateHalves;
        scale = WidenHigh(pair << (alternate ? 16 * (~block & 1) : 16));
        minimum = alternate ? default : WidenHigh(pair);
    }

    /// <summary>Two columns of float weights, widened exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TPanel>(byte* pair, int part, out TRegister even, out TRegister odd)
        where TPanel : IFloatPanel
    {
        if (TPanel.IsWide)
        {
            even = TRegister.Load((float*)pair + (part * TRegister.Lanes));
            odd = TRegister.Load((float*)pair + PanelLayout.Lanes + (part * TRegister.Lanes));
            return;
        }

        TRegister bits = TRegister.Load((int*)pair + (part * TRegister.Lanes));
        even = TPanel.IsBrain ? bits << 16 : WidenHigh(bits << 16);
        odd = TPanel.IsBrain ? bits & TRegister.Broadcast(unchecked((int)0xffff_0000)) : WidenHigh(bits);
    }

    // The f16 in the upper half of each lane: its bits, moved to where float32 has them, are the value times 2^-112. Exact for subnormals too; not for
    // infinities and NaN, which no packed f16 is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TRegister WidenHigh(TRegister pairs) =>
        TRegister.MultiplySingle((pairs >> 3) & TRegister.Broadcast(unchecked((int)0x8fff_e000)), TRegister.Broadcast(5.192296858534828e33f));
}
