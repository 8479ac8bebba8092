namespace Whorl.Kernels.Cpu.Ops;

/// <summary>The numbers of rows and panels that kernels take at once.</summary>
internal static class Constant
{
    /// <summary>Runs the operation for a number that <see cref="Linear.Kernels.KernelTable.RowsOfNext"/> gives.</summary>
    public static void Run<TOperation>(int rows, in TOperation operation)
        where TOperation : struct, IConstantOperation
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

    internal readonly struct One : IConstant
    {
        public static int Value => 1;
    }

    internal readonly struct Two : IConstant
    {
        public static int Value => 2;
    }

    internal readonly struct Three : IConstant
    {
        public static int Value => 3;
    }

    internal readonly struct Four : IConstant
    {
        public static int Value => 4;
    }

    internal readonly struct Six : IConstant
    {
        public static int Value => 6;
    }

    internal readonly struct Eight : IConstant
    {
        public static int Value => 8;
    }

    internal readonly struct Twelve : IConstant
    {
        public static int Value => 12;
    }
}
