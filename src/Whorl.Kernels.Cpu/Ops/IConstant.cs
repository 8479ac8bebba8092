namespace Whorl.Kernels.Cpu.Ops;

/// <summary>A small number as a type, so that the compiler strikes out what a kernel would do beyond it.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}
