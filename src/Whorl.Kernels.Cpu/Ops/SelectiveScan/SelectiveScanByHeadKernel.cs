using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Mamba-2's selective scan; an item is a head of all rows.</summary>
/// <remarks>
/// Lanes run along a head's channels. <c>h = fma(exp(Δ·A), h, (Δ·x)·B)</c>; then <c>y = fma(D, x, Σ h·C)</c>, the sum in order of n in
/// <see cref="Quarters{T}"/>. The state lies head by head, and in a head strip by strip, <c>[N, strip]</c> each.
/// </remarks>
/// <param name="x"><c>[rows, heads · width]</c>.</param>
/// <param name="step">Δ, <c>[rows, heads]</c>.</param>
/// <param name="b">B, <c>[rows, groups · size]</c>.</param>
/// <param name="c">C, <c>[rows, groups · size]</c>.</param>
/// <param name="a">A, <c>[heads]</c>.</param>
/// <param name="d">D, <c>[heads]</c>.</param>
/// <param name="states">Of each row: <c>heads · width · size</c> elements.</param>
/// <param name="y">The result, shaped as x; may be x itself.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="heads">Number of heads.</param>
/// <param name="width">P: channels of a head.</param>
/// <param name="groups">Groups of heads that share B and C.</param>
/// <param name="size">N.</param>
internal readonly unsafe struct SelectiveScanByHeadKernel(
    float* x, float* step, float* b, float* c, float* a, float* d, RowState* states, float* y, int rows, int heads, int width, int groups,
    int size) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        for (int head = first; head < end; head++)
        {
            T direct = T.Broadcast(d[head]);
            for (int row = 0; row < rows; row++)
            {
                float delta = step[((long)row * heads) + head];
                T kept = Elementary.Exp(T.Broadcast(delta * a[head]));
                long shared = (((long)row * groups) + (head / (heads / groups))) * size;
                for (int channel = 0; channel < width; channel += ILanes<T>.Count)
                {
                    Strip strip = Strip.At(channel, width);
                    long at = ((((long)row * heads) + head) * width) + channel, state = (((long)head * width) + channel) * size;
                    T input = strip.Load<T>(x + at);
                    T read = Step(
                        strip, kept, T.Broadcast(delta) * input, b + shared, c + shared, states[row].From + state, states[row].To + state);
                    strip.Store(T.FusedMultiplyAdd(direct, input, read), y + at);
                }
            }
        }
    }

    /// <summary>One row of a strip: updates the state and gives h·C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Step<T>(Strip strip, T kept, T added, float* inputs, float* outputs, float* from, float* to)
        where T : unmanaged, ILanes<T>
    {
        Quarters<T> read = Quarters<T>.Zero;
        int n = 0;
        for (; n <= size - 4; n += 4)
        {
            read.Add(0, Element(strip, kept, added, inputs[n], from, to, n), T.Broadcast(outputs[n]));
            read.Add(1, Element(strip, kept, added, inputs[n + 1], from, to, n + 1), T.Broadcast(outputs[n + 1]));
            read.Add(2, Element(strip, kept, added, inputs[n + 2], from, to, n + 2), T.Broadcast(outputs[n + 2]));
            read.Add(3, Element(strip, kept, added, inputs[n + 3], from, to, n + 3), T.Broadcast(outputs[n + 3]));
        }

        for (; n < size; n++)
        {
            read.Add(n, Element(strip, kept, added, inputs[n], from, to, n), T.Broadcast(outputs[n]));
        }

        return read.Sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Element<T>(Strip strip, T kept, T added, float input, float* from, float* to, int n)
        where T : unmanaged, ILanes<T>
    {
        T h = T.FusedMultiplyAdd(kept, strip.Load<T>(from + (n * strip.Lanes)), added * T.Broadcast(input));
        strip.Store(h, to + (n * strip.Lanes));
        return h;
    }
}
