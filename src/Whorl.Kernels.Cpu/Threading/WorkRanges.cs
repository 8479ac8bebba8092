using System.Runtime.InteropServices;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>Items 0..count-1 dealt to the workers: each takes from a run of its own, and when that is used up from the others'.</summary>
/// <remarks>
/// Who computes what depends on the clock, what is computed does not. Each worker keeps to the same run from call to call, so its caches
/// stay warm.
/// </remarks>
internal sealed class WorkRanges(int workers)
{
    private readonly Run[] _runs = new Run[workers];
    private int _chunk;
    private int _workers;

    /// <summary>Deals anew; while no worker takes.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="chunk">How many to take at once, at least 1.</param>
    /// <param name="activeWorkers">How many workers will take.</param>
    public void Deal(int count, int chunk, int activeWorkers)
    {
        (_chunk, _workers) = (chunk, activeWorkers);
        for (int w = 0; w < activeWorkers; w++)
        {
            _runs[w].Next = (int)((long)count * w / activeWorkers);
            _runs[w].End = (int)((long)count * (w + 1) / activeWorkers);
        }
    }

    /// <summary>Takes the next items; false when there are none left anywhere.</summary>
    public bool TryTake(int worker, out int first, out int end)
    {
        for (int i = 0; i < _workers; i++)
        {
            ref Run run = ref _runs[worker + i < _workers ? worker + i : worker + i - _workers];
            if (Volatile.Read(ref run.Next) >= run.End)
            {
                continue;
            }

            first = Interlocked.Add(ref run.Next, _chunk) - _chunk;
            if (first < run.End)
            {
                end = Math.Min(first + _chunk, run.End);
                return true;
            }
        }

        first = end = 0;
        return false;
    }

    // On cache lines of its own.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Run
    {
        [FieldOffset(64)]
        public int Next;

        [FieldOffset(68)]
        public int End;
    }
}
