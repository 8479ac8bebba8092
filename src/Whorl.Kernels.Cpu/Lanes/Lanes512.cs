using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Sixteen lanes in one 512-bit vector.</summary>
internal readonly unsafe struct Lanes512(Vector512<float> a) : ILanes<Lanes512>
{
    private readonly Vector512<float> _a = a;

    public static int Registers => 32;

    public static Lanes512 Index
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512.CreateSequence(0f, 1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target)
    {
        _a.Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* target, int count)
    {
        Vector256<float> rest = _a.GetLower();
        if ((count & 8) != 0)
        {
            rest.Store(target);
            target += 8;
            rest = _a.GetUpper();
        }

        LaneTree.StoreFirst(rest, target, count & 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a._a + b._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(a._a - b._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a) => new(a._a ^ Vector512.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a._a * b._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(a._a / b._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 FusedMultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) => new(
        Vector512.FusedMultiplyAdd(a._a, b._a, c._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Abs(Lanes512 a) => new(Vector512.AndNot(a._a, Vector512.Create(-0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 CopySign(Lanes512 magnitude, Lanes512 sign) => new(
        Vector512.ConditionalSelect(Vector512.Create(-0f), sign._a, magnitude._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Greater(Lanes512 a, Lanes512 b) => new(Vector512.GreaterThan(a._a, b._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 a, Lanes512 b) => new(
        Vector512.ConditionalSelect(mask._a, a._a, b._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyByPowerOfTwo(Lanes512 value, Lanes512 shifted) => new(
        MultiplyByPowerOfTwo(value._a, shifted._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 RoundToBFloat16(Lanes512 a) => new(RoundToBFloat16(a._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes512 a) => LaneTree.Sum(a._a.GetLower() + a._a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Lanes512 a) => LaneTree.Max(LaneTree.Greater(a._a.GetLower(), a._a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MultiplyByPowerOfTwo(Vector512<float> value, Vector512<float> shifted)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.Scale(value, shifted - Vector512.Create(LaneBits.Shift).AsSingle());
        }

        Vector512<int> n = shifted.AsInt32() - Vector512.Create(LaneBits.Shift);
        Vector512<int> half = n >> 1;
        Vector512<int> one = Vector512.Create(LaneBits.One);
        return value * ((half << 23) + one).AsSingle() * (((n - half) << 23) + one).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> RoundToBFloat16(Vector512<float> a)
    {
        Vector512<int> bits = a.AsInt32();
        Vector512<int> rounded = bits + Vector512.Create(0x7FFF) + ((bits >>> 16) & Vector512<int>.One);
        Vector512<int> isNumber = Vector512.Equals(a, a).AsInt32();
        Vector512<int> result = Vector512.ConditionalSelect(isNumber, rounded, bits | Vector512.Create(LaneBits.Quiet));
        return (result & Vector512.Create(LaneBits.UpperHalf)).AsSingle();
    }
}
