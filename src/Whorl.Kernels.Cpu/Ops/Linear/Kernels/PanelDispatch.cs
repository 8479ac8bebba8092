using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>From a layout as a value to a layout as a type.</summary>
internal static class PanelDispatch
{
    /// <summary>Runs the operation for a quantised layout.</summary>
    public static void Run<TOperation>(PanelKind kind, in TOperation operation)
        where TOperation : struct, IPanelOperation
    {
        switch (kind)
        {
            case PanelKind.Nibbles:
                operation.Run<NibblePanel>();
                break;
            case PanelKind.NibbleMinimums:
                operation.Run<NibbleMinimumPanel>();
                break;
            case PanelKind.SuperblockNibbles:
                operation.Run<SuperblockNibblePanel>();
                break;
            case PanelKind.Bytes:
                operation.Run<BytePanel>();
                break;
            case PanelKind.ByteGroups32:
                operation.Run<ByteGroupPanel<GroupShape.Of32>>();
                break;
            case PanelKind.ByteGroups32Minimum:
                operation.Run<ByteGroupPanel<GroupShape.Of32WithMinimum>>();
                break;
            case PanelKind.ByteGroups16:
                operation.Run<ByteGroupPanel<GroupShape.Of16>>();
                break;
            case PanelKind.ByteGroups16Minimum:
                operation.Run<ByteGroupPanel<GroupShape.Of16WithMinimum>>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a quantised layout");
        }
    }
}
