namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The four shapes of <see cref="Quantized.Panels.ByteGroupPanels"/>, as types.</summary>
internal interface IGroupShape
{
    /// <summary>Whether a group is 16 columns rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    static abstract bool HasMinimum { get; }
}

internal readonly struct Groups32 : IGroupShape
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => false;
}

internal readonly struct Groups32Minimum : IGroupShape
{
    public static bool HalfGroups => false;

    public static bool HasMinimum => true;
}

internal readonly struct Groups16 : IGroupShape
{
    public static bool HalfGroups => true;

    public static bool HasMinimum => false;
}

internal readonly struct Groups16Minimum : IGroupShape
{
    public static bool HalfGroups => true;

    public static bool HasMinimum => true;
}
