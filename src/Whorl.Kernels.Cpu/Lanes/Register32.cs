using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>A register of one lane: the definition that the vectors equal.</summary>
internal readonly unsafe struct Register32(int bits) : IRegister<Register32>
{
    private readonly int _bits = bits;

    public static int Lanes => 1;

    /// <summary>The lane as float32.</summary>
    public float Single => BitConverter.Int32BitsToSingle(_bits);

    public static Register32 Load(void* source) => new(Unsafe.ReadUnaligned<int>(source));

    public static Register32 LoadUInt16(ushort* source) => new(*source);

    public void Store(float* target) => *target = Single;

    public static Register32 Broadcast(float value) => new(BitConverter.SingleToInt32Bits(value));

    public static Register32 Broadcast(int bits) => new(bits);

    public static Register32 operator &(Register32 a, Register32 b) => new(a._bits & b._bits);

    public static Register32 operator <<(Register32 a, int count) => new(a._bits << count);

    public static Register32 operator >>(Register32 a, int count) => new(a._bits >> count);

    public static Register32 operator >>>(Register32 a, int count) => new(a._bits >>> count);

    public static Register32 AddSingle(Register32 a, Register32 b) => Broadcast(a.Single + b.Single);

    public static Register32 MultiplySingle(Register32 a, Register32 b) => Broadcast(a.Single * b.Single);

    public static Register32 FusedMultiplyAdd(Register32 a, Register32 b, Register32 c) =>
        Broadcast(MathF.FusedMultiplyAdd(a.Single, b.Single, c.Single));

    public static Register32 AddInt32(Register32 a, Register32 b) => new(a._bits + b._bits);

    public static Register32 SubtractInt32(Register32 a, Register32 b) => new(a._bits - b._bits);

    public static Register32 ToSingle(Register32 a) => Broadcast((float)a._bits);
}
