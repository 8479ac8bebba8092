using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Fewer than sixteen elements: the ends of rows.</summary>
internal static unsafe class Partial
{
    /// <summary>The first <paramref name="count"/> lanes from memory, the others +0. Nothing past them is touched.</summary>
    [SkipLocalsInit]
    public static TLanes Load<TLanes>(float* source, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float* lanes = stackalloc float[ILanes<TLanes>.Count];
        for (int i = 0; i < ILanes<TLanes>.Count; i++)
        {
            lanes[i] = i < count ? source[i] : 0;
        }

        return TLanes.Load(lanes);
    }

    /// <summary>Writes the first <paramref name="count"/> lanes and nothing past them.</summary>
    [SkipLocalsInit]
    public static void Store<TLanes>(TLanes value, float* target, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        float* lanes = stackalloc float[ILanes<TLanes>.Count];
        value.Store(lanes);
        for (int i = 0; i < count; i++)
        {
            target[i] = lanes[i];
        }
    }

    /// <summary>Mask of the lanes <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Mask<TLanes>(int first, int end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes below = TLanes.Greater(TLanes.Broadcast(end), TLanes.Index);
        TLanes above = TLanes.Greater(TLanes.Index, TLanes.Broadcast(first - 1));
        return TLanes.Select(below, above, below);
    }
}
