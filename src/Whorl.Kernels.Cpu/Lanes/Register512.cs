using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>512 bits.</summary>
internal readonly unsafe struct Register512(Vector512<int> bits) : IWideRegister<Register512>
{
    private readonly Vector512<int> _bits = bits;

    public static int Lanes => Vector512<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register512(Vector512<int> bits) => new(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Register512(Vector512<float> singles) => new(singles.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Vector512<float>(Register512 register) => register._bits.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Load(void* source) => new(Vector512.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadUInt16(ushort* source) => new(Avx512F.ConvertToVector512Int32(Vector256.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _bits.AsSingle().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Broadcast(float value) => new(Vector512.Create(value).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Broadcast(int bits) => new(Vector512.Create(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator &(Register512 a, Register512 b) => new(a._bits & b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator <<(Register512 a, int count) => new(a._bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator >>(Register512 a, int count) => new(a._bits >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 operator >>>(Register512 a, int count) => new(a._bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddSingle(Register512 a, Register512 b) => new((a._bits.AsSingle() + b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplySingle(Register512 a, Register512 b) => new((a._bits.AsSingle() * b._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 FusedMultiplyAdd(Register512 a, Register512 b, Register512 c) =>
        new(Vector512.FusedMultiplyAdd(a._bits.AsSingle(), b._bits.AsSingle(), c._bits.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddInt32(Register512 a, Register512 b) => new(a._bits + b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 SubtractInt32(Register512 a, Register512 b) => new(a._bits - b._bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyBytes(Register512 unsigned, Register512 signed) =>
        new(Avx512BW.MultiplyAddAdjacent(unsigned._bits.AsByte(), signed._bits.AsSByte()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddInt16(Register512 a, Register512 b) => new((a._bits.AsInt16() + b._bits.AsInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 SumPairs(Register512 a) => new(Avx512BW.MultiplyAddAdjacent(a._bits.AsInt16(), Vector512<short>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 ToSingle(Register512 a) => new(Vector512.ConvertToSingle(a._bits).AsInt32());
}
