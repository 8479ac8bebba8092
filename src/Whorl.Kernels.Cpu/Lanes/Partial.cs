using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Fewer than sixteen elements: the ends of rows.</summary>
internal static unsafe class Partial
{
    /// <summary>The first <paramref name="count"/> lanes from memory, the others +0.</summary>
    /// <remarks>Reads sixteen elements: a whole vector may be read past the end of every tensor, parameter and buffer of ours.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(float* source, int count)
        where T : unmanaged, ILanes<T> =>
        T.Select(Mask<T>(0, count), T.Load(source), T.Broadcast(0f));

    /// <summary>Mask of the lanes <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Mask<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        T below = T.Greater(T.Broadcast(end), T.Index);
        T above = T.Greater(T.Index, T.Broadcast(first - 1));
        return T.Select(below, above, below);
    }
}
