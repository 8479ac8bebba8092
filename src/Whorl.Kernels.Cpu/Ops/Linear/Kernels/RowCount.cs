namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The numbers of rows that kernels take, as types.</summary>
internal static class RowCount
{
    internal readonly struct One : IRows
    {
        public static int Count => 1;
    }

    internal readonly struct Two : IRows
    {
        public static int Count => 2;
    }

    internal readonly struct Three : IRows
    {
        public static int Count => 3;
    }

    internal readonly struct Four : IRows
    {
        public static int Count => 4;
    }

    internal readonly struct Six : IRows
    {
        public static int Count => 6;
    }

    internal readonly struct Eight : IRows
    {
        public static int Count => 8;
    }

    internal readonly struct Twelve : IRows
    {
        public static int Count => 12;
    }
}
