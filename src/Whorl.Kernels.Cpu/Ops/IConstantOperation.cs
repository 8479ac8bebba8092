namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Something done with a number that is known as a value only.</summary>
internal interface IConstantOperation
{
    /// <summary>Does it, with the number as a type.</summary>
    void Run<TNumber>()
        where TNumber : IConstant;
}
