namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The shapes of <see cref="Quantized.Panels.ByteGroupPanels"/>.</summary>
internal static class GroupShape
{
    internal readonly struct Of32 : IGroupShape
    {
        public static bool HalfGroups => false;

        public static bool HasMinimum => false;
    }

    internal readonly struct Of32WithMinimum : IGroupShape
    {
        public static bool HalfGroups => false;

        public static bool HasMinimum => true;
    }

    internal readonly struct Of16 : IGroupShape
    {
        public static bool HalfGroups => true;

        public static bool HasMinimum => false;
    }

    internal readonly struct Of16WithMinimum : IGroupShape
    {
        public static bool HalfGroups => true;

        public static bool HasMinimum => true;
    }
}
