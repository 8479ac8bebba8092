using Whorl.Client;
using Whorl.Generation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;
using Whorl.Tensors;

namespace Whorl.EndToEnd.Tests.Models;

/// <summary>A model with all its blocks in this process, put together as the command line does.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly CpuBackend _backend;
    private readonly ModelEnds _ends;
    private readonly DecoderSpan _blocks;

    public LoadedModel(string path, ActivationFormat activations, int? threads = null)
    {
        CpuBackendOptions options = new() { Activations = activations };
        _backend = new CpuBackend(threads is { } count ? options with { Threads = count } : options);
        Source = ModelSource.Open(path);
        _ends = ModelEnds.Load(Source, _backend);
        _blocks = DecoderSpan.Load(Source, new BlockRange(0, Source.Spec.Blocks.Count - 1), _backend);
        Hosted = new HostedSpan(_blocks, new MemoryBudget(long.MaxValue), "local", TimeProvider.System);
        Model = new CausalModel(Source, _ends, Hosted);
    }

    public ModelSource Source { get; }

    public HostedSpan Hosted { get; }

    public CausalModel Model { get; }

    public int Vocabulary => Model.VocabularySize;

    /// <summary>Logits behind the last tokens of a text.</summary>
    public async Task<float[]> LogitsAsync(ReadOnlyMemory<int> ids, int rows)
    {
        float[] logits = new float[rows * Vocabulary];
        await using CausalSession session = await Model.OpenSessionAsync(ids.Length, 0, CancellationToken.None);
        await session.StepAsync(new CausalStep { Ids = ids, Logits = logits }, CancellationToken.None);
        return logits;
    }

    /// <summary>The likeliest token again and again, whatever it is.</summary>
    /// <param name="prompt">Ids.</param>
    /// <param name="count">Tokens to write.</param>
    /// <param name="look">Told each step's number, its logits and its choice.</param>
    public async Task<int[]> GreedyAsync(ReadOnlyMemory<int> prompt, int count, Action<int, float[], int>? look = null)
    {
        float[] logits = new float[Vocabulary];
        int[] written = new int[count];
        CausalStep step = new() { Ids = prompt, Logits = logits };
        await using CausalSession session = await Model.OpenSessionAsync(prompt.Length + count, 0, CancellationToken.None);
        for (int i = 0; i < count; i++)
        {
            await session.StepAsync(step, CancellationToken.None);
            written[i] = Largest(logits);
            look?.Invoke(i, logits, written[i]);
            step.Ids = written.AsMemory(i, 1);
        }

        return written;
    }

    /// <summary>The place of the largest value, the first among equals.</summary>
    public static int Largest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    public void Dispose()
    {
        _blocks.Dispose();
        _ends.Dispose();
        _backend.Dispose();
        Source.Dispose();
    }
}
