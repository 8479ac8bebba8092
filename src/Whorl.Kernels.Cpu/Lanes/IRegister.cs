namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>
/// One vector register of the machine as bits, whatever its width: what kernels with a lane for each output are written in.
/// </summary>
/// <remarks>
/// An operation's name tells how it takes the bits: as float32, as integers of 32 or 16 bits, or as bytes. Each float32 operation is one
/// of IEEE 754, rounded to nearest, ties to even, and integers wrap around, so every width gives the same lanes. <see
/// cref="ILanes{TSelf}"/> is for sums across lanes. A kernel is inlined into one method or is several times slower, and the compiler
/// counts the calls: so each operation of a register is one expression that makes the register, and calls no other member.
/// </remarks>
internal unsafe interface IRegister<TSelf>
    where TSelf : unmanaged, IRegister<TSelf>
{
    /// <summary>Lanes of 32 bits.</summary>
    static abstract int Lanes { get; }

    /// <summary>A whole register from memory, aligned or not.</summary>
    static abstract TSelf Load(void* source);

    /// <summary>As many 16-bit integers without sign as there are lanes, each widened to 32 bits.</summary>
    static abstract TSelf LoadUInt16(ushort* source);

    /// <summary>Writes the whole register.</summary>
    void Store(float* target);

    /// <summary>The same float32 in every lane.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>The same 32 bits in every lane.</summary>
    static abstract TSelf Broadcast(int bits);

    /// <summary>Of bits.</summary>
    static abstract TSelf operator &(TSelf a, TSelf b);

    /// <summary>Of 32-bit lanes.</summary>
    static abstract TSelf operator <<(TSelf a, int count);

    /// <summary>Of 32-bit lanes with sign.</summary>
    static abstract TSelf operator >>(TSelf a, int count);

    /// <summary>Of 32-bit lanes without sign.</summary>
    static abstract TSelf operator >>>(TSelf a, int count);

    /// <summary>Sum of float32.</summary>
    static abstract TSelf AddSingle(TSelf a, TSelf b);

    /// <summary>Product of float32.</summary>
    static abstract TSelf MultiplySingle(TSelf a, TSelf b);

    /// <summary>a · b + c of float32, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Sum of 32-bit integers.</summary>
    static abstract TSelf AddInt32(TSelf a, TSelf b);

    /// <summary>Difference of 32-bit integers.</summary>
    static abstract TSelf SubtractInt32(TSelf a, TSelf b);

    /// <summary>32-bit integers as float32.</summary>
    static abstract TSelf ToSingle(TSelf a);
}
