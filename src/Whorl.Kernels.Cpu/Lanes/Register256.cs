using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>256 bits.</summary>
internal readonly unsafe struct Register256(Vector256<int> bits) : IWideRegister<Register256>
{
    private readonly Vector256<int> _bits = bits;

    public static int Lanes => Vector256<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register256(Vector256<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register256(Vector256<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector256<float>(Register256 register) => register._bits.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Load(void* source) => new(Vector256.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 LoadUInt16(ushort* source) => new(Avx2.ConvertToVector256Int32(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _bits.AsSingle().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Broadcast(float value) => new(Vector256.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Broadcast(int bits) => new(Vector256.Create(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator &(Register256 a, Register256 b) => new(a._bits & b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator <<(Register256 a, int count) => new(a._bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator >>(Register256 a, int count) => new(a._bits >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 operator >>>(Register256 a, int count) => new(a._bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 AddSingle(Register256 a, Register256 b) => new((a._bits.AsSingle() + b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 MultiplySingle(Register256 a, Register256 b) => new((a._bits.AsSingle() * b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 FusedMultiplyAdd(Register256 a, Register256 b, Register256 c) =>
        new(Vector256.FusedMultiplyAdd(a._bits.AsSingle(), b._bits.AsSingle(), c._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 AddInt32(Register256 a, Register256 b) => new(a._bits + b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 SubtractInt32(Register256 a, Register256 b) => new(a._bits - b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 MultiplyBytes(Register256 unsigned, Register256 signed) =>
        new(Avx2.MultiplyAddAdjacent(unsigned._bits.AsByte(), signed._bits.AsSByte()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 AddInt16(Register256 a, Register256 b) => new((a._bits.AsInt16() + b._bits.AsInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 SumPairs(Register256 a) => new(Avx2.MultiplyAddAdjacent(a._bits.AsInt16(), Vector256<short>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 ToSingle(Register256 a) => new(Vector256.ConvertToSingle(a._bits).AsInt32());
}
