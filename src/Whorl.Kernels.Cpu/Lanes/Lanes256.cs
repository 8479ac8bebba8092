using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Sixteen lanes in two 256-bit vectors, lanes 0 to 7 in the first.</summary>
internal readonly unsafe struct Lanes256(Vector256<float> a, Vector256<float> b) : ILanes<Lanes256>
{
    private readonly Vector256<float> _a = a;
    private readonly Vector256<float> _b = b;

    public static int Registers => 8;

    public static Lanes256 Index
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256.CreateSequence(0f, 1f), Vector256.CreateSequence(8f, 1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target)
    {
        _a.Store(target);
        _b.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* target, int count)
    {
        Vector256<float> rest = _a;
        if ((count & 8) != 0)
        {
            rest.Store(target);
            target += 8;
            rest = _b;
        }

        LaneTree.StoreFirst(rest, target, count & 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a._a + b._a, a._b + b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(a._a - b._a, a._b - b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a) => new(a._a ^ Vector256.Create(-0f), a._b ^ Vector256.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a._a * b._a, a._b * b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(a._a / b._a, a._b / b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 FusedMultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) => new(
        Vector256.FusedMultiplyAdd(a._a, b._a, c._a),
        Vector256.FusedMultiplyAdd(a._b, b._b, c._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Abs(Lanes256 a) => new(
        Vector256.AndNot(a._a, Vector256.Create(-0f)),
        Vector256.AndNot(a._b, Vector256.Create(-0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 CopySign(Lanes256 magnitude, Lanes256 sign) => new(
        Vector256.ConditionalSelect(Vector256.Create(-0f), sign._a, magnitude._a),
        Vector256.ConditionalSelect(Vector256.Create(-0f), sign._b, magnitude._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Greater(Lanes256 a, Lanes256 b) => new(
        Vector256.GreaterThan(a._a, b._a),
        Vector256.GreaterThan(a._b, b._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 a, Lanes256 b) => new(
        Vector256.ConditionalSelect(mask._a, a._a, b._a),
        Vector256.ConditionalSelect(mask._b, a._b, b._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyByPowerOfTwo(Lanes256 value, Lanes256 shifted) => new(
        MultiplyByPowerOfTwo(value._a, shifted._a),
        MultiplyByPowerOfTwo(value._b, shifted._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 RoundToBFloat16(Lanes256 a) => new(RoundToBFloat16(a._a), RoundToBFloat16(a._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 a) => LaneTree.Sum(a._a + a._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Lanes256 a) => LaneTree.Max(LaneTree.Greater(a._a, a._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> MultiplyByPowerOfTwo(Vector256<float> value, Vector256<float> shifted)
    {
        Vector256<int> n = shifted.AsInt32() - Vector256.Create(LaneBits.Shift);
        Vector256<int> half = n >> 1;
        Vector256<int> one = Vector256.Create(LaneBits.One);
        return value * ((half << 23) + one).AsSingle() * (((n - half) << 23) + one).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> RoundToBFloat16(Vector256<float> a)
    {
        Vector256<int> bits = a.AsInt32();
        Vector256<int> rounded = bits + Vector256.Create(0x7FFF) + ((bits >>> 16) & Vector256<int>.One);
        Vector256<int> isNumber = Vector256.Equals(a, a).AsInt32();
        Vector256<int> result = Vector256.ConditionalSelect(isNumber, rounded, bits | Vector256.Create(LaneBits.Quiet));
        return (result & Vector256.Create(LaneBits.UpperHalf)).AsSingle();
    }
}
