using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>Threads that all run the same work at the same time and meet at its end.</summary>
/// <remarks>
/// A hand-off takes a fraction of a microsecond while the threads spin; after <see cref="SpinMicroseconds"/> without work they park and cost nothing.
/// Used by one calling thread at a time, which is worker 0.
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>How long an idle worker spins before it parks.</summary>
    internal const int SpinMicroseconds = 100;

    private readonly Thread[] _threads;
    private readonly object _parking = new();
    private readonly long _spinTicks = Stopwatch.Frequency * SpinMicroseconds / 1_000_000;
    private PaddedInt _generation; // rises by one with each work
    private PaddedInt _running; // workers that have not finished it
    private PaddedInt _parked; // workers that may be waiting on _parking
    private PaddedInt _arrived; // workers at the barrier
    private PaddedInt _barrier; // rises by one with each barrier passed
    private ParallelWork? _work;
    private Exception? _failure;
    private volatile bool _stopping;

    /// <summary>Starts the threads beyond the calling one.</summary>
    public WorkerPool(int count)
    {
        Count = count;
        _threads = new Thread[count - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"whorl kernel {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of workers, the calling thread among them.</summary>
    public int Count { get; }

    /// <summary>Runs the work on every worker and returns when all have finished.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="alone">Whether it is too small to share: then the calling thread does all of it.</param>
    /// <exception cref="Exception">The first one that a worker threw, after all have ended.</exception>
    public void Run(ParallelWork work, bool alone = false)
    {
        if (Count == 1 || alone)
        {
            work.Run(0, 1);
            return;
        }

        _work = work;
        _failure = null;
        _running.Value = Count - 1;
        Interlocked.Increment(ref _generation.Value); // a full fence: below, _parked is read after this is seen
        if (Volatile.Read(ref _parked.Value) != 0)
        {
            lock (_parking)
            {
                Monitor.PulseAll(_parking);
            }
        }

        RunShare(work, 0);
        var spin = new SpinWait();
        for (int i = 0; Volatile.Read(ref _running.Value) != 0; i++)
        {
            Pause(ref spin, i);
        }

        if (_failure is not null)
        {
            _arrived.Value = 0;
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Inside a work: waits until every worker has come here. All of them must call it equally often.</summary>
    /// <param name="workers">The number of workers that <see cref="ParallelWork.Run"/> was told.</param>
    /// <exception cref="OperationCanceledException">Another worker failed and will not come.</exception>
    public void Barrier(int workers)
    {
        if (workers == 1)
        {
            return;
        }

        int generation = Volatile.Read(ref _barrier.Value);
        if (Interlocked.Increment(ref _arrived.Value) == workers)
        {
            _arrived.Value = 0;
            Volatile.Write(ref _barrier.Value, generation + 1);
            return;
        }

        var spin = new SpinWait();
        for (int i = 0; Volatile.Read(ref _barrier.Value) == generation; i++)
        {
            if (Volatile.Read(ref _failure) is not null)
            {
                throw new OperationCanceledException("another worker failed");
            }

            Pause(ref spin, i);
        }
    }

    /// <summary>Ends the threads and waits for them. Not while a work runs.</summary>
    public void Dispose()
    {
        _stopping = true;
        Interlocked.Increment(ref _generation.Value);
        lock (_parking)
        {
            Monitor.PulseAll(_parking);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    // A short while as fast as the cores can speak, then politely: another process may hold the core that is waited for.
    private static void Pause(ref SpinWait spin, int iteration)
    {
        if (iteration < 2000)
        {
            Thread.SpinWait(1);
        }
        else
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            seen = AwaitGenerationAfter(seen);
            if (_stopping)
            {
                return;
            }

            RunShare(_work!, worker);
            Interlocked.Decrement(ref _running.Value);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the calling thread throws it on.")]
    private void RunShare(ParallelWork work, int worker)
    {
        try
        {
            work.Run(worker, Count);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }

    private int AwaitGenerationAfter(int seen)
    {
        long parkAt = Stopwatch.GetTimestamp() + _spinTicks;
        for (int i = 1; ; i++)
        {
            int generation = Volatile.Read(ref _generation.Value);
            if (generation != seen)
            {
                return seen + 1;
            }

            Thread.SpinWait(1);
            if ((i & 63) == 0 && Stopwatch.GetTimestamp() > parkAt)
            {
                Park(seen);
            }
        }
    }

    private void Park(int seen)
    {
        lock (_parking)
        {
            Interlocked.Increment(ref _parked.Value); // fenced: either Run sees it, or the generation below is seen to have risen
            while (Volatile.Read(ref _generation.Value) == seen)
            {
                Monitor.Wait(_parking);
            }

            Interlocked.Decrement(ref _parked.Value);
        }
    }

    // On cache lines of its own, the neighbour that the prefetcher pairs with it included.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedInt
    {
        [FieldOffset(128)]
        public int Value;
    }
}
