namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Which kernels read a layout.</summary>
internal enum PanelKind
{
    /// <summary><see cref="FloatPanels"/>, <see cref="ExpandedPanels"/>.</summary>
    F32,

    /// <summary><see cref="HalfWidthPanels.BF16"/>.</summary>
    BF16,

    /// <summary><see cref="HalfWidthPanels.F16"/>.</summary>
    F16,

    /// <summary><see cref="NibblePanels"/>.</summary>
    Nibbles,

    /// <summary><see cref="NibbleMinimumPanels"/>.</summary>
    NibbleMinimums,

    /// <summary><see cref="SuperblockNibblePanels"/>.</summary>
    SuperblockNibbles,

    /// <summary><see cref="BytePanels"/>.</summary>
    Bytes,

    /// <summary><see cref="ByteGroupPanels"/> with groups of 32 and no minimum.</summary>
    ByteGroups32,

    /// <summary><see cref="ByteGroupPanels"/> with groups of 32 and minimums.</summary>
    ByteGroups32Minimum,

    /// <summary><see cref="ByteGroupPanels"/> with groups of 16 and no minimum.</summary>
    ByteGroups16,

    /// <summary><see cref="ByteGroupPanels"/> with groups of 16 and minimums.</summary>
    ByteGroups16Minimum,
}
