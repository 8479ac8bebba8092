using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Four sums that take the terms of one in turn, so that a term need not wait for the one before.</summary>
/// <remarks>Term i goes to sum i mod 4 by a fused multiply-add; at the end (0 + 1) + (2 + 3).</remarks>
internal struct Quarters<T>
    where T : unmanaged, ILanes<T>
{
    private T _a;
    private T _b;
    private T _c;
    private T _d;

    /// <summary>Four sums of +0.</summary>
    public static Quarters<T> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            T zero = T.Broadcast(0f);
            return new Quarters<T> { _a = zero, _b = zero, _c = zero, _d = zero };
        }
    }

    /// <summary>(0 + 1) + (2 + 3).</summary>
    public readonly T Sum
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_a + _b) + (_c + _d);
    }

    /// <summary>Adds x · y as term i, of which only i mod 4 counts: a constant where speed does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int i, T x, T y)
    {
        switch (i & 3)
        {
            case 0:
                _a = T.FusedMultiplyAdd(x, y, _a);
                break;
            case 1:
                _b = T.FusedMultiplyAdd(x, y, _b);
                break;
            case 2:
                _c = T.FusedMultiplyAdd(x, y, _c);
                break;
            default:
                _d = T.FusedMultiplyAdd(x, y, _d);
                break;
        }
    }
}
