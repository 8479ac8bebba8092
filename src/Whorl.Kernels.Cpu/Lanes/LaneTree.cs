using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>What the kinds of lanes share: the last steps of their fixed reduction tree, and the ends of rows.</summary>
internal static unsafe class LaneTree
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> eight) => Sum(eight.GetLower() + eight.GetUpper());

    /// <summary>Of eight lanes folded to 0+4, 1+5, 2+6, 3+7 and so on: the first half of the tree has been done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> four)
    {
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3));
        return two.ToScalar() + two.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector256<float> eight) => Max(Greater(eight.GetLower(), eight.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector128<float> four)
    {
        Vector128<float> two = Greater(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3)));
        float a = two.ToScalar(), b = two.GetElement(1);
        return b > a ? b : a;
    }

    /// <summary>b where it is greater, else a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Greater(Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(b, a), b, a);

    /// <summary>b where it is greater, else a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Greater(Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(b, a), b, a);

    /// <summary>Writes the first elements, fewer than eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector256<float> value, float* target, int count)
    {
        Vector128<float> rest = value.GetLower();
        if ((count & 4) != 0)
        {
            rest.Store(target);
            target += 4;
            rest = value.GetUpper();
        }

        StoreFirst(rest, target, count & 3);
    }

    /// <summary>Writes the first elements, fewer than four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector128<float> value, float* target, int count)
    {
        if (count > 0)
        {
            target[0] = value.ToScalar();
        }

        if (count > 1)
        {
            target[1] = value.GetElement(1);
        }

        if (count > 2)
        {
            target[2] = value.GetElement(2);
        }
    }
}
