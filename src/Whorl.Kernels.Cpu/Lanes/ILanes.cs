namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Sixteen float32 lanes, whatever the width of the machine's registers: what kernels are written in.</summary>
/// <remarks>
/// Every kernel is written once, over this interface. Its instance for <see cref="ScalarLanes"/> is the operation's definition and the
/// fallback; the others do the same operations on the same lanes in the same order, so they give the same bits. Each operation here is
/// one IEEE 754 operation (or works on bits), rounded to nearest, ties to even; none is an estimate. A mask is a lane of all ones or all
/// zeros. NaNs count as equal whatever their bits: which of two NaNs survives an operation is the processor's choice.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    const int Count = 16;

    /// <summary>How many values of this type the processor's registers hold, about.</summary>
    static abstract int Registers { get; }

    /// <summary>The lanes' numbers, 0 to 15.</summary>
    static abstract TSelf Index { get; }

    /// <summary>The same value in every lane.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>Sixteen consecutive elements.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Writes sixteen consecutive elements.</summary>
    void Store(float* target);

    /// <summary>Writes the first <paramref name="count"/> lanes, fewer than sixteen, and nothing past them.</summary>
    void StoreFirst(float* target, int count);

    /// <summary>Lane-wise sum.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>Lane-wise difference.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>Flips every sign, also of zeros and NaNs.</summary>
    static abstract TSelf operator -(TSelf a);

    /// <summary>Lane-wise product.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>Lane-wise quotient.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Clears every sign.</summary>
    static abstract TSelf Abs(TSelf a);

    /// <summary>The magnitude of one with the sign of the other.</summary>
    static abstract TSelf CopySign(TSelf magnitude, TSelf sign);

    /// <summary>Mask of the lanes where a &gt; b; false where either is NaN.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    /// <summary>Takes a where the mask is set, else b.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>value · 2ⁿ, rounded once, for 0.5 ≤ |value| &lt; 2 and shifted = n + 1.5·2²³ with -150 ≤ n ≤ 128.</summary>
    static abstract TSelf MultiplyByPowerOfTwo(TSelf value, TSelf shifted);

    /// <summary>Rounded to bfloat16, half to even, and back; a NaN stays one.</summary>
    static abstract TSelf RoundToBFloat16(TSelf a);

    /// <summary>The sum of all lanes as a tree: lane i with i + 8, then with i + 4, i + 2, i + 1.</summary>
    static abstract float Sum(TSelf a);

    /// <summary>
    /// The greatest lane by the same tree; of lanes i and j, i &lt; j, j wins only if it is greater, so a NaN may be passed over.
    /// </summary>
    static abstract float Max(TSelf a);
}
