namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>How many rows of activations a kernel takes at once; a type, so that the compiler strikes out the rows that are not there.</summary>
internal interface IRows
{
    static abstract int Count { get; }
}
