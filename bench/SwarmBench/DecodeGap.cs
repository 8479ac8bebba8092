using System.Diagnostics;
using System.Runtime.InteropServices;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace SwarmBench;

/// <summary>
/// How long a session that decodes waits for a token while a stranger on the same blocks prefills a long text, against what a step takes it
/// alone, in time of the processor.
/// </summary>
internal static partial class DecodeGap
{
    private const int Warm = 256, Prefill = 8192, Window = 50, ProcessTime = 2;

    /// <param name="path">A model.</param>
    /// <param name="blocks">Blocks that the server holds, from the first one; 0 for all.</param>
    public static async Task MeasureAsync(string path, int blocks)
    {
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        using ModelSource source = ModelSource.Open(path);
        BlockRange range = new(0, (blocks == 0 ? source.Spec.Blocks.Count : blocks) - 1);
        using DecoderSpan span = DecoderSpan.Load(source, range, backend);
        HostedSpan hosted = new(span, new MemoryBudget(long.MaxValue), "gap", TimeProvider.System);
        BlockStep token = Step(span, 1), text = Step(span, Prefill);
        Task warm = PrefillAsync(hosted, Step(span, 4 * Warm)); // code that a server has run once
        await TokensAsync(hosted, token, _ => !warm.IsCompleted);
        await warm;
        double usually = await PrefillAsync(hosted, text);

        Task<double>? prefill = null;
        double[] beside = await TokensAsync(hosted, token, i =>
        {
            prefill ??= i == Warm ? Task.Run(() => PrefillAsync(hosted, text)) : null;
            return prefill?.IsCompleted != true;
        });
        double interrupted = await prefill!;
        double[] alone = await TokensAsync(hosted, token, i => i < beside.Length);

        // A step takes longer the more there is before it: each is compared with those of its place.
        double[] usual = [.. alone.Select((_, i) => Median(alone[Math.Max(0, i - Window)..Math.Min(alone.Length, i + Window)]))];
        double[] times = [.. beside.Zip(usual, (took, one) => took / one).Skip(Warm).Order()];
        int worst = Enumerable.Range(Warm, times.Length).MaxBy(i => beside[i] / usual[i]);
        Console.WriteLine($"{Path.GetFileName(path)}, blocks {range}: while a stranger prefills {Prefill} tokens, {times.Length} steps take {times[times.Length / 2]:F2} times as long as alone, "
            + $"99 % at most {times[(int)(times.Length * 0.99)]:F2}, the longest {times[^1]:F2} ({beside[worst]:F2} ms against {usual[worst]:F2} ms at token {worst}); alone the longest {alone.Skip(Warm).Zip(usual.Skip(Warm), (took, one) => took / one).Max():F2}; "
            + $"the prefill takes {usually:F1} s alone, {interrupted - (usual.Skip(Warm).Sum() / 1000):F1} s beside them without their steps");
    }

    /// <returns>Seconds of the processor.</returns>
    private static async Task<double> PrefillAsync(HostedSpan hosted, BlockStep text)
    {
        await using HostedSession session = hosted.Open(new BlockSessionOptions(hosted.Range, text.Rows));
        TimeSpan start = Now();
        await session.StepAsync(text, CancellationToken.None);
        return (Now() - start).TotalSeconds;
    }

    private static async Task<double[]> TokensAsync(HostedSpan hosted, BlockStep step, Func<int, bool> goesOn)
    {
        await using HostedSession session = hosted.Open(new BlockSessionOptions(hosted.Range, 32_768));
        List<double> took = [];
        for (int i = 0; i < 32_768 && goesOn(i); i++)
        {
            (TimeSpan processor, long wall) = (Now(), Stopwatch.GetTimestamp());
            await session.StepAsync(step, CancellationToken.None);
            took.Add(Math.Min((Now() - processor).TotalMilliseconds, Stopwatch.GetElapsedTime(wall).TotalMilliseconds)); // neither is less than on a machine of our own
        }

        return [.. took];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    /// <summary>
    /// Time of the processor, since others may have it meanwhile: with one computing thread no less than what would pass on a machine of
    /// our own.
    /// </summary>
    private static TimeSpan Now()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Stopwatch.GetElapsedTime(0); // Environment.CpuUsage counts in ticks of milliseconds
        }

        long[] now = new long[2];
        _ = clock_gettime(ProcessTime, now);
        return TimeSpan.FromSeconds(now[0]) + TimeSpan.FromTicks(now[1] / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, [Out] long[] secondsAndNanoseconds);

    private static BlockStep Step(DecoderSpan span, int rows)
    {
        Random random = new(1);
        float[] input = [.. Enumerable.Range(0, rows * span.BoundarySize).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        return new BlockStep { Rows = rows, Input = input, Output = new float[input.Length] };
    }
}
