using System.Runtime;
using System.Runtime.InteropServices;

namespace Whorl.Server;

/// <summary>
/// Gives memory back to the system once a crowd has gone: the managed heap is cleared only when something is allocated, and a C library keeps what was freed,
/// so that a server that is quiet after a busy time would stay as large as it was.
/// </summary>
public sealed partial class MemoryTrimmer : IAsyncDisposable
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>The same where nothing happens and nothing is worth giving back: an idle server is not to wake for it.</summary>
    public static readonly TimeSpan StillPeriod = TimeSpan.FromSeconds(30);

    private const long StillBytes = 1 << 20; // allocated in a period in which nothing happens
    private const long WorthBytes = 32 << 20; // less is not worth a pause
    private const long QuietBytes = 16 << 20; // allocated in a period
    private const int Ebb = 4; // or so many times less than in the busiest since memory was given back
    private const int LeastPeriods = 3; // between two pauses

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Begins to look.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="giveBack">Gives back what has not been needed since it was last called; null for nothing beside the heap.</param>
    public MemoryTrimmer(TimeProvider time, Action? giveBack = null) => _running = RunAsync(time, giveBack);

    /// <summary>How often memory was given back.</summary>
    public int Trims { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(TimeProvider time, Action? giveBack)
    {
        using PeriodicTimer timer = new(Period, time);
        long allocated = GC.GetTotalAllocatedBytes(), trimmed = allocated, busiest = 0;
        int periods = LeastPeriods;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                giveBack?.Invoke();
                long now = GC.GetTotalAllocatedBytes();
                long last = now - allocated;
                (allocated, busiest, periods) = (now, Math.Max(busiest, last), periods + 1);
                bool isQuiet = last < QuietBytes || last < busiest / Ebb;
                if (isQuiet && periods > LeastPeriods && now - trimmed > WorthBytes)
                {
                    Trim();
                    Trims++;
                    (trimmed, busiest, periods) = (GC.GetTotalAllocatedBytes(), 0, 0);
                }

                timer.Period = last < StillBytes && now - trimmed <= WorthBytes ? StillPeriod : Period;
            }
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    private static void Trim()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = malloc_trim(0);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // Another C library, which has no such call.
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
