namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The numbers of rows that kernels take, as types.</summary>
internal static class RowCount
{
    /// <summary>Runs the operation for a number that <see cref="KernelTable.RowsOfNext"/> gives.</summary>
    public static void Run<TOperation>(int rows, in TOperation operation)
        where TOperation : struct, IRowsOperation
    {
        switch (rows)
        {
            case 1:
                operation.Run<One>();
                break;
            case 2:
                operation.Run<Two>();
                break;
            case 3:
                operation.Run<Three>();
                break;
            case 4:
                operation.Run<Four>();
                break;
            case 6:
                operation.Run<Six>();
                break;
            case 8:
                operation.Run<Eight>();
                break;
            default:
                operation.Run<Twelve>();
                break;
        }
    }

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
