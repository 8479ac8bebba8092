using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>Threads that help the calling one with its works. It never waits for one that has taken nothing.</summary>
/// <remarks>
/// A work is open while the calling thread takes items of it; whoever comes in that time joins, and the calling thread, once nothing is
/// left to take, shuts it and waits only for those inside. So a worker that sleeps, or has lost its core to another process, costs
/// nothing. A hand-off takes a fraction of a microsecond while a worker spins; one that has waited in vain parks and costs nothing.
/// Parked ones are woken only when the calling thread has been at work, or will be, for longer than waking has lately been worth. Used by
/// one calling thread at a time, worker 0.
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>How long an idle worker spins at most before it parks.</summary>
    internal const int SpinMicroseconds = 100;

    /// <summary>How long the works are, about, for which parked workers are woken at first.</summary>
    internal const int WakeMicroseconds = 100;

    // The gate: who is inside in the low bits, who has joined above them, whether it is open, and the number of the work.
    private const long Inside = 1;
    private const long InsideMask = 0xFFFF;
    private const long Joined = 1 << 16;
    private const long JoinedMask = 0x7FFFL << 16;
    private const long Open = 1L << 31;
    private const int NumberShift = 32;

    private static readonly long Microsecond = Math.Max(1, Stopwatch.Frequency / 1_000_000);

    private readonly Thread[] _threads;
    private readonly SharingTable? _sharing;
    private readonly object _parking = new();
    private PaddedLong _gate;
    private PaddedInt _parked; // workers that wait on _parking; written under it
    private int _wakings; // guarded by _parking: rises by one with each waking
    private ParallelWork? _work;
    private Exception? _failure;
    private volatile bool _stopping;
    private long _burstStart; // when works began to follow each other closely
    private long _lastEnd;
    private long _wakeTicks = WakeMicroseconds * Microsecond; // bursts shorter than this wake nobody
    private long _wokenAt;
    private bool _hasHelped; // somebody joined a work of the operation under way

    /// <summary>Starts the threads beyond the calling one.</summary>
    /// <param name="count">How many workers, the calling thread among them.</param>
    /// <param name="sharing">
    /// Which operations are shared. Null shares all, and the calling thread waits for every worker to come: for tests, which thus see
    /// them at work.
    /// </param>
    public WorkerPool(int count, SharingTable? sharing)
    {
        (Count, _sharing) = (count, sharing);
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

    /// <summary>How many of its threads are parked.</summary>
    internal int Parked => Volatile.Read(ref _parked.Value);

    /// <summary>Begins an operation: decides whether its works are shared.</summary>
    /// <param name="kind">What kind it is.</param>
    /// <param name="cost">About how many nanoseconds it takes one thread; one too short to be worth asking is not begun at all.</param>
    public SharedCall Begin(WorkKind kind, long cost)
    {
        if (Count == 1)
        {
            return SharedCall.Alone;
        }

        if (_sharing is null)
        {
            Wake();
            return new(Count, kind, 0, 0);
        }

        long now = Stopwatch.GetTimestamp();
        if (now - _lastEnd > SpinMicroseconds * Microsecond)
        {
            _burstStart = now;
        }

        _lastEnd = now;
        int parked = Parked;
        if (parked > 0)
        {
            if (now - _burstStart + (cost * Microsecond / 1000) >= Volatile.Read(ref _wakeTicks))
            {
                _wokenAt = now;
                Wake();
            }
            else if (parked == Count - 1)
            {
                return new(1, kind, 0, now);
            }
        }

        return new(_sharing.Asks(kind, cost) ? Count : 1, kind, cost, now);
    }

    /// <summary>Ends an operation, so that how long it took is remembered.</summary>
    public void End(in SharedCall call)
    {
        if (call.Started == 0)
        {
            return;
        }

        _lastEnd = Stopwatch.GetTimestamp();
        bool tells = call.Workers == 1 || _hasHelped; // a work to which nobody came says nothing about sharing
        _hasHelped = false;
        if (call.Cost > 0 && tells)
        {
            _sharing!.Tell(call.Kind, call.Cost, call.Workers > 1, _lastEnd - call.Started);
        }
    }

    /// <summary>Wakes the workers that are parked; they come when the system lets them.</summary>
    public void Wake()
    {
        if (Parked > 0)
        {
            lock (_parking)
            {
                _parked.Value = 0;
                _wakings++;
                Monitor.PulseAll(_parking);
            }
        }
    }

    /// <summary>Runs a work and returns when all its items are done.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="workers">How many may share it: 1 for the calling thread alone.</param>
    /// <exception cref="Exception">The first one that a worker threw, after all have left.</exception>
    public void Run(ParallelWork work, int workers)
    {
        if (workers == 1)
        {
            work.Run(0);
            return;
        }

        _work = work;
        _failure = null;
        Interlocked.Exchange(ref _gate.Value, (((_gate.Value >> NumberShift) + 1) << NumberShift) | Open);
        RunItems(work, 0);
        if (_sharing is null)
        {
            AwaitEveryone();
        }

        long gate = Interlocked.And(ref _gate.Value, ~Open);
        _hasHelped |= (gate & JoinedMask) != 0;
        var spin = new SpinWait();
        for (int i = 0; (Volatile.Read(ref _gate.Value) & InsideMask) != 0; i++)
        {
            Pause(ref spin, i);
        }

        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Ends the threads and waits for them. Not while a work runs.</summary>
    public void Dispose()
    {
        lock (_parking)
        {
            _stopping = true;
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

    private void AwaitEveryone()
    {
        var spin = new SpinWait();
        for (int i = 0; (Volatile.Read(ref _gate.Value) & JoinedMask) / Joined < Count - 1; i++)
        {
            Wake();
            Pause(ref spin, i);
        }
    }

    private void Work(int worker)
    {
        long seen = 0, spin = SpinMicroseconds * Microsecond;
        while (AwaitJoin(ref seen, ref spin, worker == 1))
        {
            RunItems(_work!, worker);
            Interlocked.Add(ref _gate.Value, -Inside);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the calling thread throws it on.")]
    private void RunItems(ParallelWork work, int worker)
    {
        try
        {
            work.Run(worker);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }

    // Waits for a work that is open and not the one seen last, and joins it; false when the pool ends.
    // A worker that spins in vain, or loses its core while it spins, does so for a shorter time from then on: somebody else may need the
    // core.
    private bool AwaitJoin(ref long seen, ref long spin, bool judgesWaking)
    {
        long start = Stopwatch.GetTimestamp(), looked = start, woken = 0;
        for (int i = 1; !_stopping; i++)
        {
            long gate = Volatile.Read(ref _gate.Value);
            if ((gate & Open) != 0 && gate >> NumberShift != seen)
            {
                if (Interlocked.CompareExchange(ref _gate.Value, gate + Inside + Joined, gate) == gate)
                {
                    seen = gate >> NumberShift;
                    spin = Math.Min(2 * spin, SpinMicroseconds * Microsecond);
                    return true;
                }

                continue;
            }

            Thread.SpinWait(1);
            if ((i & 31) != 0)
            {
                continue;
            }

            long now = Stopwatch.GetTimestamp();
            bool lostCore = now - looked > 200 * Microsecond;
            looked = now;
            if (lostCore || now - start > spin)
            {
                spin = Math.Max(lostCore ? 0 : spin / 2, 4 * Microsecond);
                if (judgesWaking)
                {
                    Judge(Math.Max(start - Volatile.Read(ref _wokenAt), 0), woken == 0);
                }

                Park();
                start = looked = woken = Stopwatch.GetTimestamp();
            }
        }

        return false;
    }

    // On the way to park: was it worth being woken?
    private void Judge(long useful, bool hasWorked)
    {
        long wake = Volatile.Read(ref _wakeTicks);
        if (Volatile.Read(ref _wokenAt) == 0)
        {
            return; // nobody has been woken yet
        }

        if (!hasWorked || useful < WakeMicroseconds * Microsecond)
        {
            Volatile.Write(ref _wakeTicks, Math.Min(2 * wake, 64 * WakeMicroseconds * Microsecond));
        }
        else if (useful > 4 * wake)
        {
            Volatile.Write(ref _wakeTicks, Math.Max(wake / 2, WakeMicroseconds * Microsecond / 4));
        }
    }

    private void Park()
    {
        lock (_parking)
        {
            int seen = _wakings;
            _parked.Value++;
            while (_wakings == seen && !_stopping)
            {
                Monitor.Wait(_parking);
            }
        }
    }

    // On cache lines of its own, the neighbour that the prefetcher pairs with it included.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedInt
    {
        [FieldOffset(128)]
        public int Value;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedLong
    {
        [FieldOffset(128)]
        public long Value;
    }
}
