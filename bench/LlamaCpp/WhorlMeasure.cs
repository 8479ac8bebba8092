using System.Diagnostics;
using Whorl.Client;
using Whorl.Generation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace Whorl.Bench.LlamaCpp;

/// <summary>Measures Whorl on one model as measure.mjs measures llama.cpp: the better of two, after a warm-up.</summary>
internal static class WhorlMeasure
{
    public static async Task<Rates> RunAsync(string path, int threads, int prompt, int decode)
    {
        using ModelSource source = ModelSource.Open(path);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = threads });
        using ModelEnds ends = ModelEnds.Load(source, backend);
        using DecoderSpan blocks = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), backend);
        CausalModel model = new(source, ends, new HostedSpan(blocks, new MemoryBudget(long.MaxValue), "local", TimeProvider.System));
        int[] ids = [.. Enumerable.Range(0, prompt).Select(i => 100 + (int)((long)i * 7919 % 20000))];
        Rates best = default;
        for (int round = 0; round < 3; round++)
        {
            double prefill = await PrefillAsync(model, ids), decoded = await DecodeAsync(model, ids, decode);
            best = round == 0 ? best : new(Math.Max(best.Prefill, prefill), Math.Max(best.Decode, decoded));
        }

        return best;
    }

    private static async Task<double> PrefillAsync(CausalModel model, int[] ids)
    {
        await using ICausalSession session = await model.OpenAsync(ids.Length, 0, CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        await session.StepAsync(new CausalStep { Ids = ids, Logits = new float[model.VocabularySize] }, CancellationToken.None);
        return ids.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> DecodeAsync(CausalModel model, int[] ids, int count)
    {
        await using ICausalSession session = await model.OpenAsync(count + 1, 0, CancellationToken.None);
        TokenGenerator generator = new(session, new Sampler(new SamplingOptions(), model.VocabularySize), model.VocabularySize);
        await generator.PrefillAsync(ids.AsMemory(0, 1), null, CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            await generator.AdvanceAsync(generator.Choose(), CancellationToken.None);
        }

        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
