namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>A quantised layout as a type, so that the compiler knows where everything lies.</summary>
internal unsafe interface IQuantisedPanel
{
    /// <summary>What a group's fields are.</summary>
    static abstract ScaleKind Scales { get; }

    /// <summary>Whether codes take 4 bits rather than 8.</summary>
    static abstract bool IsNibbles { get; }

    /// <summary>Whether a group is 16 columns rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    /// <summary>Whether a group has a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Whether the codes are kept too large: by 8 (4-bit codes) or 128 (8-bit codes).</summary>
    static abstract bool IsBiased { get; }

    /// <summary>Start of a block's codes, which are words of 4 bytes, <c>[4 or 8][32]</c>.</summary>
    static abstract byte* Codes(byte* panel, int block);

    /// <summary>Start of a group's fields.</summary>
    static abstract byte* Fields(byte* panel, int block, int group);

    /// <summary>Bytes of fields that lie before a block's codes, or its share of those of several blocks.</summary>
    static abstract int FieldBytes { get; }
}
