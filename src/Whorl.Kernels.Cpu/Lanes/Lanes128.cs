using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Sixteen lanes in four 128-bit vectors, lanes 0 to 3 in the first.</summary>
internal readonly unsafe struct Lanes128(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) : ILanes<Lanes128>
{
    private readonly Vector128<float> _a = a;
    private readonly Vector128<float> _b = b;
    private readonly Vector128<float> _c = c;
    private readonly Vector128<float> _d = d;

    public static int Registers => 4;

    public static Lanes128 Index
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(
            Vector128.CreateSequence(0f, 1f),
            Vector128.CreateSequence(4f, 1f),
            Vector128.CreateSequence(8f, 1f),
            Vector128.CreateSequence(12f, 1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(
        Vector128.Load(source),
        Vector128.Load(source + 4),
        Vector128.Load(source + 8),
        Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target)
    {
        _a.Store(target);
        _b.Store(target + 4);
        _c.Store(target + 8);
        _d.Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreFirst(float* target, int count)
    {
        Vector128<float> rest = _a, after = _b;
        if ((count & 8) != 0)
        {
            _a.Store(target);
            _b.Store(target + 4);
            target += 8;
            (rest, after) = (_c, _d);
        }

        if ((count & 4) != 0)
        {
            rest.Store(target);
            target += 4;
            rest = after;
        }

        LaneTree.StoreFirst(rest, target, count & 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._a + b._a, a._b + b._b, a._c + b._c, a._d + b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a._a - b._a, a._b - b._b, a._c - b._c, a._d - b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a) => new(
        a._a ^ Vector128.Create(-0f),
        a._b ^ Vector128.Create(-0f),
        a._c ^ Vector128.Create(-0f),
        a._d ^ Vector128.Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._a * b._a, a._b * b._b, a._c * b._c, a._d * b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a._a / b._a, a._b / b._b, a._c / b._c, a._d / b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 FusedMultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) => new(
        Vector128.FusedMultiplyAdd(a._a, b._a, c._a),
        Vector128.FusedMultiplyAdd(a._b, b._b, c._b),
        Vector128.FusedMultiplyAdd(a._c, b._c, c._c),
        Vector128.FusedMultiplyAdd(a._d, b._d, c._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Abs(Lanes128 a) => new(
        Vector128.AndNot(a._a, Vector128.Create(-0f)),
        Vector128.AndNot(a._b, Vector128.Create(-0f)),
        Vector128.AndNot(a._c, Vector128.Create(-0f)),
        Vector128.AndNot(a._d, Vector128.Create(-0f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CopySign(Lanes128 magnitude, Lanes128 sign) => new(
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign._a, magnitude._a),
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign._b, magnitude._b),
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign._c, magnitude._c),
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign._d, magnitude._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Greater(Lanes128 a, Lanes128 b) => new(
        Vector128.GreaterThan(a._a, b._a),
        Vector128.GreaterThan(a._b, b._b),
        Vector128.GreaterThan(a._c, b._c),
        Vector128.GreaterThan(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 a, Lanes128 b) => new(
        Vector128.ConditionalSelect(mask._a, a._a, b._a),
        Vector128.ConditionalSelect(mask._b, a._b, b._b),
        Vector128.ConditionalSelect(mask._c, a._c, b._c),
        Vector128.ConditionalSelect(mask._d, a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyByPowerOfTwo(Lanes128 value, Lanes128 shifted) => new(
        MultiplyByPowerOfTwo(value._a, shifted._a),
        MultiplyByPowerOfTwo(value._b, shifted._b),
        MultiplyByPowerOfTwo(value._c, shifted._c),
        MultiplyByPowerOfTwo(value._d, shifted._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 RoundToBFloat16(Lanes128 a) => new(
        RoundToBFloat16(a._a),
        RoundToBFloat16(a._b),
        RoundToBFloat16(a._c),
        RoundToBFloat16(a._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 a) => LaneTree.Sum((a._a + a._c) + (a._b + a._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Lanes128 a) =>
        LaneTree.Max(LaneTree.Greater(LaneTree.Greater(a._a, a._c), LaneTree.Greater(a._b, a._d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> MultiplyByPowerOfTwo(Vector128<float> value, Vector128<float> shifted)
    {
        Vector128<int> n = shifted.AsInt32() - Vector128.Create(LaneBits.Shift);
        Vector128<int> half = n >> 1;
        Vector128<int> one = Vector128.Create(LaneBits.One);
        return value * ((half << 23) + one).AsSingle() * (((n - half) << 23) + one).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> RoundToBFloat16(Vector128<float> a)
    {
        Vector128<int> bits = a.AsInt32();
        Vector128<int> rounded = bits + Vector128.Create(0x7FFF) + ((bits >>> 16) & Vector128<int>.One);
        Vector128<int> isNumber = Vector128.Equals(a, a).AsInt32();
        Vector128<int> result = Vector128.ConditionalSelect(isNumber, rounded, bits | Vector128.Create(LaneBits.Quiet));
        return (result & Vector128.Create(LaneBits.UpperHalf)).AsSingle();
    }
}
