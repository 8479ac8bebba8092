using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>128 bits.</summary>
internal readonly unsafe struct Register128(Vector128<int> bits) : IRegister<Register128>
{
    private readonly Vector128<int> _bits = bits;

    public static int Lanes => Vector128<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register128(Vector128<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register128(Vector128<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector128<float>(Register128 register) => register._bits.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Load(void* source) => new(Vector128.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 LoadUInt16(ushort* source) =>
        new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _bits.AsSingle().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Broadcast(float value) => new(Vector128.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Broadcast(int bits) => new(Vector128.Create(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator &(Register128 a, Register128 b) => new(a._bits & b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator <<(Register128 a, int count) => new(a._bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator >>(Register128 a, int count) => new(a._bits >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 operator >>>(Register128 a, int count) => new(a._bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 AddSingle(Register128 a, Register128 b) => new((a._bits.AsSingle() + b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 MultiplySingle(Register128 a, Register128 b) => new((a._bits.AsSingle() * b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 FusedMultiplyAdd(Register128 a, Register128 b, Register128 c) =>
        new(Vector128.FusedMultiplyAdd(a._bits.AsSingle(), b._bits.AsSingle(), c._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 AddInt32(Register128 a, Register128 b) => new(a._bits + b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 SubtractInt32(Register128 a, Register128 b) => new(a._bits - b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 ToSingle(Register128 a) => new(Vector128.ConvertToSingle(a._bits).AsInt32());
}
