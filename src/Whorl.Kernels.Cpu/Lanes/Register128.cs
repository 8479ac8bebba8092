using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>128 bits.</summary>
internal readonly unsafe struct Register128(Vector128<int> bits) : IRegister<Register128>
{
    private readonly Vector128<int> _bits = bits;

    public static int Lanes => Vector128<int>.Count;

    private Vector128<float> Singles
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bits.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register128(Vector128<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register128(Vector128<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector128<float>(Register128 register) => register.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Load(void* source) => Vector128.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 LoadUInt16(ushort* source) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => Singles.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Broadcast(int bits) => Vector128.Create(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator &(Register128 a, Register128 b) => a._bits & b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator <<(Register128 a, int count) => a._bits << count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator >>(Register128 a, int count) => a._bits >> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator >>>(Register128 a, int count) => a._bits >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 AddSingle(Register128 a, Register128 b) => a.Singles + b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 MultiplySingle(Register128 a, Register128 b) => a.Singles * b.Singles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 FusedMultiplyAdd(Register128 a, Register128 b, Register128 c) => Vector128.FusedMultiplyAdd(a.Singles, b.Singles, c.Singles);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 AddInt32(Register128 a, Register128 b) => a._bits + b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 SubtractInt32(Register128 a, Register128 b) => a._bits - b._bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 ToSingle(Register128 a) => Vector128.ConvertToSingle(a._bits);
}
