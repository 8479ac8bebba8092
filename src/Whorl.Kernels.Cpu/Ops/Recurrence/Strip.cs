using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>
/// Sixteen neighbouring channels, or what is left of them at a row's end: a vector of a strip is as wide as the strip, without gaps.
/// </summary>
/// <param name="lanes">Channels, 1 to 16.</param>
internal readonly unsafe struct Strip(int lanes)
{
    /// <summary>Channels; also the distance from one vector of the strip's state to the next, in elements.</summary>
    public int Lanes { get; } = lanes;

    /// <summary>The strip that begins at a channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip At(int channel, int channels) => new(Math.Min(16, channels - channel));

    /// <summary>Loads the strip's channels; the other lanes are +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(float* source)
        where T : unmanaged, ILanes<T> => Lanes == ILanes<T>.Count ? T.Load(source) : Partial.Load<T>(source, Lanes);

    /// <summary>Stores the strip's channels and nothing past them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(T value, float* target)
        where T : unmanaged, ILanes<T>
    {
        if (Lanes == ILanes<T>.Count)
        {
            value.Store(target);
        }
        else
        {
            value.StoreFirst(target, Lanes);
        }
    }
}
