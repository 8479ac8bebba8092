using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Depthwise causal convolution; an item is a block of <see cref="Block"/> channels of all rows.</summary>
/// <remarks>
/// Each element: from the bias (or +0), one fused multiply-add a tap, the oldest input first. The state is the K - 1 inputs before, oldest
/// first.
/// </remarks>
/// <param name="x"><c>[rows, channels]</c>.</param>
/// <param name="weight"><c>[taps, channels]</c>.</param>
/// <param name="bias"><c>[channels]</c>, or null.</param>
/// <param name="states">Of each row: <c>[taps - 1, channels]</c>.</param>
/// <param name="y">The result, <c>[rows, channels]</c>; must not overlap x.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="channels">Number of channels.</param>
/// <param name="taps">K.</param>
internal readonly unsafe struct CausalConvolutionKernel(
    float* x, float* weight, float* bias, RowState* states, float* y, int rows, int channels, int taps) : IKernel
{
    /// <summary>Channels of an item.</summary>
    public const int Block = 256;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int stop = (int)Math.Min((long)end * Block, channels);
        for (int row = 0; row < rows; row++)
        {
            for (int channel = first * Block; channel < stop; channel += ILanes<T>.Count)
            {
                Step<T>(row, channel, Strip.At(channel, stop));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step<T>(int row, int channel, Strip strip)
        where T : unmanaged, ILanes<T>
    {
        float* from = states[row].From + channel, to = states[row].To + channel, w = weight + channel;
        long width = channels, at = (row * width) + channel;
        T sum = bias is null ? T.Broadcast(0f) : strip.Load<T>(bias + channel), input = strip.Load<T>(x + at);
        for (int tap = 0; tap < taps - 1; tap++)
        {
            T older = strip.Load<T>(from + (tap * width));
            sum = T.FusedMultiplyAdd(strip.Load<T>(w + (tap * width)), older, sum);
            if (tap > 0)
            {
                strip.Store(older, to + ((tap - 1) * width));
            }
        }

        if (taps > 1)
        {
            strip.Store(input, to + ((taps - 2) * width));
        }

        strip.Store(T.FusedMultiplyAdd(strip.Load<T>(w + ((taps - 1) * width)), input, sum), y + at);
    }
}
