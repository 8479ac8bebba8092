namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>A register of 256 or 512 bits, which multiplies bytes.</summary>
internal interface IWideRegister<TSelf> : IRegister<TSelf>
    where TSelf : unmanaged, IWideRegister<TSelf>
{
    /// <summary>Bytes without sign times bytes with sign, neighbours' products summed in 16 bits, which must hold them.</summary>
    static abstract TSelf MultiplyBytes(TSelf unsigned, TSelf signed);

    /// <summary>Sum of 16-bit integers.</summary>
    static abstract TSelf AddInt16(TSelf a, TSelf b);

    /// <summary>Neighbouring 16-bit integers with sign, summed in 32 bits.</summary>
    static abstract TSelf SumPairs(TSelf a);
}
