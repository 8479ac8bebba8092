using System.Diagnostics;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace SwarmBench;

/// <summary>
/// Tokens a second of several sessions over equal stages, each a server of one thread, against those of one session, and what the machine's
/// cores allow: while one session is in a stage, others are in the other stages, and those that wait for one stage are computed in one
/// pass.
/// </summary>
internal static class Batch
{
    private const int Stages = 4, Sessions = 8, Tokens = 300, Warm = 50, Rounds = 3;

    /// <param name="path">A model of four blocks or more.</param>
    public static async Task MeasureAsync(string path)
    {
        using ModelSource source = ModelSource.Open(path);
        int blocks = source.Spec.Blocks.Count / Stages;
        List<CpuBackend> backends = [];
        List<DecoderSpan> spans = [];
        try
        {
            for (int stage = 0; stage < Stages; stage++)
            {
                backends.Add(new CpuBackend(new CpuBackendOptions { Threads = 1 }));
                spans.Add(DecoderSpan.Load(source, new BlockRange(stage * blocks, ((stage + 1) * blocks) - 1), backends[^1]));
            }

            HostedSpan[] stages = [.. spans.Select(span => new HostedSpan(span, new MemoryBudget(long.MaxValue), "stage", TimeProvider.System))];
            await RunAsync(stages, Sessions); // what compiles on the way has compiled
            List<(double One, double Many)> rates = [];
            for (int round = 0; round < Rounds; round++)
            {
                rates.Add((await RunAsync(stages, 1), await RunAsync(stages, Sessions)));
            }

            double one = rates.Max(rate => rate.One), many = rates.Max(rate => rate.Many);
            int cores = Math.Min(Stages, Environment.ProcessorCount), together = Sessions / cores;
            double gain = together * await PassAsync(stages[0], 1) / await PassAsync(stages[0], together);
            Console.WriteLine($"{Path.GetFileName(path)}, {Stages} stages of {blocks} blocks: one session {one:F0} tokens/s, {Sessions} sessions {many:F0}, {many / one:F2} times as many. "
                + $"{cores} cores can be busy, and {together} sessions in a pass of a stage give {gain:F2} times the tokens of one: the bound is {cores * gain:F2} times, of which {many / one / (cores * gain):P0} are reached");
        }
        finally
        {
            spans.ForEach(span => span.Dispose());
            backends.ForEach(backend => backend.Dispose());
        }
    }

    /// <returns>Tokens a second, of all sessions.</returns>
    private static async Task<double> RunAsync(HostedSpan[] stages, int sessions)
    {
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] writing = [.. Enumerable.Range(0, sessions).Select(i => Task.Run(() => WriteAsync(stages, i, begin.Task)))];
        long start = Stopwatch.GetTimestamp();
        begin.SetResult();
        await Task.WhenAll(writing);
        return sessions * (Warm + Tokens) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task WriteAsync(HostedSpan[] stages, int seed, Task begin)
    {
        HostedSession[] sessions = [.. stages.Select(stage => stage.Open(new BlockSessionOptions(stage.Range, Warm + Tokens)))];
        BlockStep[] steps = [.. stages.Select(stage => Step(stage, 1, seed))];
        for (int i = 1; i < steps.Length; i++)
        {
            steps[i].Input = steps[i - 1].Output;
        }

        await begin;
        for (int token = 0; token < Warm + Tokens; token++)
        {
            for (int stage = 0; stage < sessions.Length; stage++)
            {
                await sessions[stage].StepAsync(steps[stage], CancellationToken.None);
            }
        }

        foreach (HostedSession session in sessions)
        {
            await session.DisposeAsync();
        }
    }

    /// <returns>Seconds of a pass of so many sessions' tokens.</returns>
    private static async Task<double> PassAsync(HostedSpan stage, int together)
    {
        HostedSession[] sessions = [.. Enumerable.Range(0, together).Select(_ => stage.Open(new BlockSessionOptions(stage.Range, Warm + Tokens)))];
        BlockStep[] steps = [.. sessions.Select((_, i) => Step(stage, 1, i))];
        List<double> took = [];
        for (int token = 0; token < Warm + Tokens; token++)
        {
            await stage.StepAsync(sessions, steps);
            took.Add(sessions[0].LastComputing.TotalSeconds);
        }

        foreach (HostedSession session in sessions)
        {
            await session.DisposeAsync();
        }

        took.Sort();
        return took[took.Count / 2];
    }

    private static BlockStep Step(HostedSpan span, int rows, int seed)
    {
        Random random = new(seed);
        float[] input = [.. Enumerable.Range(0, rows * span.BoundarySize).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        return new BlockStep { Rows = rows, Input = input, Output = new float[input.Length] };
    }
}
