using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Mamba's selective scan; an item is a strip of 16 channels of all rows.</summary>
/// <remarks>
/// <para>Lanes run along channels. For each element n of a channel's state: <c>h = fma(exp(Δ·A), h, (Δ·x)·B)</c>; then <c>y = fma(D, x, Σ
/// h·C)</c>, the sum in order of n in <see cref="Quarters{T}"/>.</para>
/// <para>The state lies strip by strip, <c>[N, strip]</c> each, so that a strip's state is one run of memory that stays in the nearest
/// cache.</para>
/// </remarks>
/// <param name="x"><c>[rows, channels]</c>.</param>
/// <param name="step">Δ, <c>[rows, channels]</c>.</param>
/// <param name="b">B, <c>[rows, size]</c>.</param>
/// <param name="c">C, <c>[rows, size]</c>.</param>
/// <param name="a">A, <c>[size, channels]</c>.</param>
/// <param name="d">D, <c>[channels]</c>.</param>
/// <param name="states">Of each row: <c>channels · size</c> elements.</param>
/// <param name="y">The result, <c>[rows, channels]</c>; may be x or Δ itself.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="channels">Number of channels.</param>
/// <param name="size">N, at most <see cref="MostState"/>.</param>
internal readonly unsafe struct SelectiveScanKernel(
    float* x, float* step, float* b, float* c, float* a, float* d, RowState* states, float* y, int rows, int channels, int size) : IKernel
{
    /// <summary>The greatest N: a strip of A is kept on the stack, 32 KiB.</summary>
    public const int MostState = 512;

    /// <inheritdoc/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        float* rates = stackalloc float[size * ILanes<T>.Count];
        for (int item = first; item < end; item++)
        {
            int channel = item * ILanes<T>.Count;
            Strip strip = Strip.At(channel, channels);
            for (int n = 0; n < size; n++)
            {
                strip.Load<T>(a + ((long)n * channels) + channel).Store(rates + (n * ILanes<T>.Count));
            }

            T direct = strip.Load<T>(d + channel);
            for (int row = 0; row < rows; row++)
            {
                long at = ((long)row * channels) + channel, state = (long)channel * size;
                T input = strip.Load<T>(x + at);
                T read = Step(
                    strip, strip.Load<T>(step + at), input, b + ((long)row * size), c + ((long)row * size), rates, states[row].From + state,
                    states[row].To + state);
                strip.Store(T.FusedMultiplyAdd(direct, input, read), y + at);
            }
        }
    }

    /// <summary>One row of a strip: updates the state and gives h·C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Step<T>(Strip strip, T delta, T input, float* inputs, float* outputs, float* rates, float* from, float* to)
        where T : unmanaged, ILanes<T>
    {
        T added = delta * input;
        Quarters<T> read = Quarters<T>.Zero;
        int n = 0;
        for (; n <= size - 4; n += 4)
        {
            read.Add(0, Element(strip, delta, added, inputs[n], rates, from, to, n), T.Broadcast(outputs[n]));
            read.Add(1, Element(strip, delta, added, inputs[n + 1], rates, from, to, n + 1), T.Broadcast(outputs[n + 1]));
            read.Add(2, Element(strip, delta, added, inputs[n + 2], rates, from, to, n + 2), T.Broadcast(outputs[n + 2]));
            read.Add(3, Element(strip, delta, added, inputs[n + 3], rates, from, to, n + 3), T.Broadcast(outputs[n + 3]));
        }

        for (; n < size; n++)
        {
            read.Add(n, Element(strip, delta, added, inputs[n], rates, from, to, n), T.Broadcast(outputs[n]));
        }

        return read.Sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Element<T>(Strip strip, T delta, T added, float input, float* rates, float* from, float* to, int n)
        where T : unmanaged, ILanes<T>
    {
        T kept = Elementary.Exp(delta * T.Load(rates + (n * ILanes<T>.Count)));
        T h = T.FusedMultiplyAdd(kept, strip.Load<T>(from + (n * strip.Lanes)), added * T.Broadcast(input));
        strip.Store(h, to + (n * strip.Lanes));
        return h;
    }
}
