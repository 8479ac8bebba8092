namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>A shape of <see cref="Quantized.Panels.ByteGroupPanels"/> as a type.</summary>
internal interface IGroupShape
{
    /// <summary>Whether a group is 16 columns rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    static abstract bool HasMinimum { get; }
}
