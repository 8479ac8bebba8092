using Whorl.Kernels.Cpu;
using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <summary>A whole model in one span, with what tests ask of it.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly CpuBackend _backend;
    private readonly ModelEnds _ends;
    private readonly DecoderSpan[] _spans;

    public LoadedModel(string path, ActivationFormat activations = ActivationFormat.F32, int threads = 1, params int[] cuts)
        : this(path, new CpuBackendOptions { Threads = threads, Activations = activations }, cuts)
    {
    }

    public LoadedModel(string path, CpuBackendOptions options, params int[] cuts)
    {
        _backend = new CpuBackend(options);
        Source = ModelSource.Open(path);
        _ends = ModelEnds.Load(Source, _backend);
        int[] starts = [0, .. cuts, Source.Spec.Blocks.Count];
        _spans = [.. starts.Zip(starts.Skip(1), (first, next) => DecoderSpan.Load(Source, new BlockRange(first, next - 1), _backend))];
    }

    public ModelSource Source { get; }

    public int Blocks => Source.Spec.Blocks.Count;

    public int Vocabulary => _ends.VocabularySize;

    public int Width => _ends.BoundarySize;

    public IBackend Backend => _backend;

    public ModelRun Open(int maxLength, int maxScratch = 0) =>
        new(this, [.. _spans.Select(s => s.Open(new BlockSessionOptions(s.Range, maxLength, maxScratch)))]);

    /// <summary>A session on the first span alone.</summary>
    public SessionCache OpenSpan(int maxLength, MemoryBudget budget) =>
        _spans[0].Open(new BlockSessionOptions(_spans[0].Range, maxLength), budget);

    /// <summary>Logits of every token of a text, given in chunks of some sizes (the rest at once).</summary>
    public float[] Logits(ReadOnlySpan<int> ids, params int[] chunks)
    {
        using ModelRun run = Open(ids.Length);
        List<float> logits = [];
        int at = 0;
        foreach (int chunk in chunks.Append(int.MaxValue))
        {
            int rows = Math.Min(chunk, ids.Length - at);
            logits.AddRange(run.Step(ids.Slice(at, rows)));
            at += rows;
        }

        return [.. logits];
    }

    public float[] Embed(ReadOnlySpan<int> ids, ReadOnlySpan<int> positions)
    {
        float[] boundary = new float[ids.Length * Width];
        _ends.Embed(ids, positions, boundary);
        return boundary;
    }

    public (float[] Logits, float[] Final) Head(ReadOnlySpan<float> boundary)
    {
        int rows = boundary.Length / Width;
        float[] logits = new float[rows * Vocabulary], final = new float[rows * _ends.FinalSize];
        _ends.Logits(boundary, rows, logits, final);
        return (logits, final);
    }

    public void Forward(int span, IReadOnlyList<SessionCache> sessions, IReadOnlyList<BlockStep> steps) => _spans[span].Forward(sessions, steps);

    public int Spans => _spans.Length;

    public void Dispose()
    {
        foreach (DecoderSpan span in _spans)
        {
            span.Dispose();
        }

        _ends.Dispose();
        Source.Dispose();
        _backend.Dispose();
    }
}
