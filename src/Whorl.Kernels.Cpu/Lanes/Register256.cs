using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>256 bits.</summary>
internal readonly unsafe struct Register256(Vector256<int> bits) : IRegister<Register256>
{
    private readonly Vector256<int> _bits = bits;

    public static int Lanes => Vector256<int>.Count;

    private Vector256<float> Singles
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bits.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register256(Vector256<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register256(Vector256<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector256<float>(Register256 register) => register.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Load(void* source) => Vector256.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 LoadUInt16(ushort* source) => Avx2.ConvertToVector256Int32(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => Singles.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Broadcast(int bits) => Vector256.Create(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator &(Register256 a, Register256 b) => a._bits & b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator <<(Register256 a, int count) => a._bits << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator >>(Register256 a, int count) => a._bits >> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator >>>(Register256 a, int count) => a._bits >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 AddSingle(Register256 a, Register256 b) => a.Singles + b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 MultiplySingle(Register256 a, Register256 b) => a.Singles * b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 FusedMultiplyAdd(Register256 a, Register256 b, Register256 c) => Vector256.FusedMultiplyAdd(a.Singles, b.Singles, c.Singles);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 AddInt32(Register256 a, Register256 b) => a._bits + b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 SubtractInt32(Register256 a, Register256 b) => a._bits - b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 ToSingle(Register256 a) => Vector256.ConvertToSingle(a._bits);
}
