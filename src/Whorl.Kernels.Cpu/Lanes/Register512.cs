using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>512 bits.</summary>
internal readonly unsafe struct Register512(Vector512<int> bits) : IRegister<Register512>
{
    private readonly Vector512<int> _bits = bits;

    public static int Lanes => Vector512<int>.Count;

    private Vector512<float> Singles
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bits.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register512(Vector512<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register512(Vector512<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector512<float>(Register512 register) => register.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Load(void* source) => Vector512.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadUInt16(ushort* source) => Avx512F.ConvertToVector512Int32(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => Singles.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Broadcast(int bits) => Vector512.Create(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator &(Register512 a, Register512 b) => a._bits & b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator <<(Register512 a, int count) => a._bits << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator >>(Register512 a, int count) => a._bits >> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator >>>(Register512 a, int count) => a._bits >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddSingle(Register512 a, Register512 b) => a.Singles + b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplySingle(Register512 a, Register512 b) => a.Singles * b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 FusedMultiplyAdd(Register512 a, Register512 b, Register512 c) => Vector512.FusedMultiplyAdd(a.Singles, b.Singles, c.Singles);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddInt32(Register512 a, Register512 b) => a._bits + b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 SubtractInt32(Register512 a, Register512 b) => a._bits - b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 ToSingle(Register512 a) => Vector512.ConvertToSingle(a._bits);
}
