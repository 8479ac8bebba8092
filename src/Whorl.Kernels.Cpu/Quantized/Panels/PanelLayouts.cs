using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Which layout an element type is kept in.</summary>
internal static class PanelLayouts
{
    /// <summary>The layout with the fastest kernels, or null where the type cannot be read at all.</summary>
    public static PanelLayout? Preferred(ElementType type) => type switch
    {
        ElementType.F32 => FloatPanels.Instance,
        ElementType.BF16 => HalfWidthPanels.BF16,
        ElementType.F16 => HalfWidthPanels.F16,
        ElementType.Q4_0 => NibblePanels.Instance,
        ElementType.Q4_1 => NibbleMinimumPanels.Instance,
        ElementType.Q4_K => SuperblockNibblePanels.Instance,
        ElementType.Q8_0 => BytePanels.Q8_0,
        ElementType.Q5_0 => BytePanels.Q5_0,
        _ => General(type),
    };

    /// <summary>A layout that holds everything the type can say, infinities included; null where the type cannot be read at all.</summary>
    public static PanelLayout? General(ElementType type) =>
        GroupForm.Of(type) is { } form ? new ByteGroupPanels(type, form) : BlockCodec.CanDecode(type) ? new ExpandedPanels(type) : null;
}
