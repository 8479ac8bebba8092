using System.Diagnostics;
using System.Runtime.InteropServices;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace SwarmBench;

/// <summary>How long a session that decodes waits for a token while a stranger on the same blocks prefills a long text, against what a step takes it alone, in time of the processor.</summary>
internal static partial class DecodeGap
{
    private const int Alone = 300, Prefill = 8192, ProcessTime = 2;

    /// <param name="path">A model.</param>
    /// <param name="blocks">Blocks that the server holds, from the first one; 0 for all.</param>
    public static async Task MeasureAsync(string path, int blocks)
    {
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        using ModelSource source = ModelSource.Open(path);
        BlockRange range = new(0, (blocks == 0 ? source.Spec.Blocks.Count : blocks) - 1);
        using DecoderSpan span = DecoderSpan.Load(source, range, backend);
        HostedSpan hosted = new(span, new MemoryBudget(long.MaxValue), "gap", TimeProvider.System);
        await using HostedSession decoding = hosted.Open(new BlockSessionOptions(range, 8192)), stranger = hosted.Open(new BlockSessionOptions(range, Prefill));
        BlockStep token = Step(span, 1), text = Step(span, Prefill);
        double[] alone = await TokensAsync(decoding, token, i => i < Alone);
        long start = Stopwatch.GetTimestamp();
        Task prefill = Task.Run(() => stranger.StepAsync(text, CancellationToken.None).AsTask());
        double[] beside = await TokensAsync(decoding, token, i => i < 7000 && !prefill.IsCompleted);
        await prefill;
        double usual = alone[alone.Length / 2], longest = beside[^1];
        Console.WriteLine($"{Path.GetFileName(path)}, blocks {range}: a step alone {usual:F2} ms (99 %: {alone[(int)(alone.Length * 0.99)]:F2}); while a stranger prefills {Prefill} tokens in "
            + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s: {beside.Length} steps, {beside[beside.Length / 2]:F2} ms (99 %: {beside[(int)(beside.Length * 0.99)]:F2}), the longest {longest:F2} ms, {longest / usual:F1} times");
    }

    private static async Task<double[]> TokensAsync(HostedSession session, BlockStep step, Func<int, bool> goesOn)
    {
        List<double> took = [];
        for (int i = 0; i == 0 || goesOn(i); i++)
        {
            TimeSpan start = Now();
            await session.StepAsync(step, CancellationToken.None);
            took.Add((Now() - start).TotalMilliseconds);
        }

        took.Sort();
        return [.. took];
    }

    /// <summary>Time of the processor, since others may have it meanwhile: with one computing thread what would pass on a machine of our own.</summary>
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
