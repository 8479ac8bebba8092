using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>RWKV-7's generalised delta rule; an item is a head of all rows.</summary>
/// <remarks>
/// <para>Lanes run along the values i of a head's state S, keys j come in order. <c>u = Σ_j S·a</c>; <c>S = fma(S, exp(ln w), fma(u, b,
/// v·k))</c>;
/// <c>y = Σ_j S·r</c>; both sums in <see cref="Quarters{T}"/>.</para>
/// <para>The state lies head by head, and in a head strip by strip of values, <c>[keys, strip]</c> each.</para>
/// </remarks>
/// <param name="r">Receptance, <c>[rows, heads · size]</c>, as all others.</param>
/// <param name="logDecay">ln w.</param>
/// <param name="k">Keys.</param>
/// <param name="v">Values.</param>
/// <param name="a">What is looked up.</param>
/// <param name="b">Where what was found is added.</param>
/// <param name="states">Of each row: <c>heads · size²</c> elements.</param>
/// <param name="y">The result; must not overlap the arguments.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="heads">Number of heads.</param>
/// <param name="size">Width of a head, at most <see cref="MostSize"/>.</param>
internal readonly unsafe struct DeltaRuleScanKernel(
    float* r, float* logDecay, float* k, float* v, float* a, float* b, RowState* states, float* y, int rows, int heads, int size) : IKernel
{
    /// <summary>The widest head: its decays are kept on the stack.</summary>
    public const int MostSize = 1024;

    /// <inheritdoc/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        float* decays = stackalloc float[size];
        for (int head = first; head < end; head++)
        {
            for (int row = 0; row < rows; row++)
            {
                long at = (((long)row * heads) + head) * size;
                for (int i = 0; i < size; i += ILanes<T>.Count)
                {
                    Strip strip = Strip.At(i, size);
                    strip.Store(Elementary.Exp(strip.Load<T>(logDecay + at + i)), decays + i);
                }

                for (int i = 0; i < size; i += ILanes<T>.Count)
                {
                    Strip strip = Strip.At(i, size);
                    long state = (((long)head * size) + i) * size;
                    float* from = states[row].From + state, to = states[row].To + state;
                    T found = Find<T>(strip, a + at, from);
                    strip.Store(Step(strip, found, strip.Load<T>(v + at + i), decays, at, from, to), y + at + i);
                }
            }
        }
    }

    /// <summary>S·a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Find<T>(Strip strip, float* lookup, float* state)
        where T : unmanaged, ILanes<T>
    {
        Quarters<T> sum = Quarters<T>.Zero;
        int j = 0;
        for (; j <= size - 4; j += 4)
        {
            sum.Add(0, strip.Load<T>(state + (j * strip.Lanes)), T.Broadcast(lookup[j]));
            sum.Add(1, strip.Load<T>(state + ((j + 1) * strip.Lanes)), T.Broadcast(lookup[j + 1]));
            sum.Add(2, strip.Load<T>(state + ((j + 2) * strip.Lanes)), T.Broadcast(lookup[j + 2]));
            sum.Add(3, strip.Load<T>(state + ((j + 3) * strip.Lanes)), T.Broadcast(lookup[j + 3]));
        }

        for (; j < size; j++)
        {
            sum.Add(j, strip.Load<T>(state + (j * strip.Lanes)), T.Broadcast(lookup[j]));
        }

        return sum.Sum;
    }

    /// <summary>Updates a strip of the state and gives S·r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Step<T>(Strip strip, T found, T value, float* decays, long at, float* from, float* to)
        where T : unmanaged, ILanes<T>
    {
        float* keys = k + at, replaced = b + at, read = r + at;
        Quarters<T> sum = Quarters<T>.Zero;
        int j = 0;
        for (; j <= size - 4; j += 4)
        {
            sum.Add(0, Element(strip, found, value, decays, keys, replaced, from, to, j), T.Broadcast(read[j]));
            sum.Add(1, Element(strip, found, value, decays, keys, replaced, from, to, j + 1), T.Broadcast(read[j + 1]));
            sum.Add(2, Element(strip, found, value, decays, keys, replaced, from, to, j + 2), T.Broadcast(read[j + 2]));
            sum.Add(3, Element(strip, found, value, decays, keys, replaced, from, to, j + 3), T.Broadcast(read[j + 3]));
        }

        for (; j < size; j++)
        {
            sum.Add(j, Element(strip, found, value, decays, keys, replaced, from, to, j), T.Broadcast(read[j]));
        }

        return sum.Sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Element<T>(Strip strip, T found, T value, float* decays, float* keys, float* replaced, float* from, float* to, int j)
        where T : unmanaged, ILanes<T>
    {
        T added = T.FusedMultiplyAdd(found, T.Broadcast(replaced[j]), value * T.Broadcast(keys[j]));
        T s = T.FusedMultiplyAdd(strip.Load<T>(from + (j * strip.Lanes)), T.Broadcast(decays[j]), added);
        strip.Store(s, to + (j * strip.Lanes));
        return s;
    }
}
