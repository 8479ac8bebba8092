using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Which layout an element type is kept in.</summary>
internal static class PanelLayouts
{
    /// <summary>The layout with the fastest kernels, or null where the type cannot be read at all.</summary>
    public static PanelLayout? Preferred(ElementType type) => type switch
    {
        ElementType.F32 => FloatPanels<F32Panel>.Instance,
        ElementType.BF16 => FloatPanels<BF16Panel>.Instance,
        ElementType.F16 => FloatPanels<F16Panel>.Instance,
        ElementType.Q4_0 => Quantised<NibblePanel>(type),
        ElementType.Q4_1 => Quantised<NibbleMinimumPanel>(type),
        ElementType.Q4_K => Quantised<SuperblockNibblePanel>(type),
        ElementType.Q8_0 or ElementType.Q5_0 => Quantised<BytePanel>(type),
        _ => General(type),
    };

    /// <summary>A layout that holds everything the type can say, infinities included; null where the type cannot be read at all.</summary>
    public static PanelLayout? General(ElementType type) => BlockGroups.Of(type) switch
    {
        { Size: 32, HasMinimum: false } => Quantised<ByteGroupPanel<Constant.One, Constant.One>>(type),
        { Size: 32, HasMinimum: true } => Quantised<ByteGroupPanel<Constant.One, Constant.Two>>(type),
        { HasMinimum: false } => Quantised<ByteGroupPanel<Constant.Two, Constant.One>>(type),
        { HasMinimum: true } => Quantised<ByteGroupPanel<Constant.Two, Constant.Two>>(type),
        null => BlockCodec.CanDecode(type) ? new ExpandedPanels(type) : null,
    };

    private static QuantisedPanels<TPanel> Quantised<TPanel>(ElementType type)
        where TPanel : IQuantisedPanel => new(BlockGroups.Of(type)!);
}
