using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the 128-bit kernel.</summary>
internal static class Kernels128
{
    /// <summary>Multiplies one row.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="call">The work.</param>
    public static void Run(PanelKind kind, in KernelCall call)
    {
        switch (kind)
        {
            case PanelKind.F32:
                FloatKernels128.Run<F32Panel>(call);
                break;
            case PanelKind.BF16:
                FloatKernels128.Run<BF16Panel>(call);
                break;
            case PanelKind.F16:
                FloatKernels128.Run<F16Panel>(call);
                break;
            case PanelKind.Nibbles:
                QuantisedKernels128.Nibbles<NibblePanel>(call);
                break;
            case PanelKind.NibbleMinimums:
                QuantisedKernels128.Nibbles<NibbleMinimumPanel>(call);
                break;
            case PanelKind.SuperblockNibbles:
                QuantisedKernels128.Nibbles<SuperblockNibblePanel>(call);
                break;
            case PanelKind.Bytes:
                QuantisedKernels128.Bytes<BytePanel>(call);
                break;
            case PanelKind.ByteGroups32:
                QuantisedKernels128.Bytes<ByteGroupPanel<Groups32>>(call);
                break;
            case PanelKind.ByteGroups32Minimum:
                QuantisedKernels128.Bytes<ByteGroupPanel<Groups32Minimum>>(call);
                break;
            case PanelKind.ByteGroups16:
                QuantisedKernels128.Bytes<ByteGroupPanel<Groups16>>(call);
                break;
            default:
                QuantisedKernels128.Bytes<ByteGroupPanel<Groups16Minimum>>(call);
                break;
        }
    }
}
