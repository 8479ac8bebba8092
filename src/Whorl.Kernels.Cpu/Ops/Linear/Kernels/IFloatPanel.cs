namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>A float layout as a type, read two columns at a time.</summary>
internal interface IFloatPanel
{
    /// <summary>Bytes of two columns.</summary>
    static abstract int PairBytes { get; }

    /// <summary>Whether an element takes 32 bits rather than 16.</summary>
    static abstract bool IsWide { get; }

    /// <summary>Whether 16 bits are a bfloat16 rather than a binary16.</summary>
    static abstract bool IsBrain { get; }
}
