namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Something that is done with a number of rows, for whichever it is.</summary>
internal interface IRowsOperation
{
    /// <summary>Does it.</summary>
    void Run<TRows>()
        where TRows : IRows;
}
