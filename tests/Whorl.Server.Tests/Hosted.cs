using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>Blocks of the built-in model, ready for sessions.</summary>
internal sealed class Hosted : IDisposable
{
    private readonly CpuBackend _backend;
    private readonly DecoderSpan _blocks;

    public Hosted(long budget = long.MaxValue, int threads = 2, TimeProvider? time = null, SessionLimits? limits = null)
    {
        _backend = new CpuBackend(new CpuBackendOptions { Threads = threads });
        Source = ModelSource.Open(Path.Combine(ReferenceData.Checkout, "models", "bard"));
        _blocks = DecoderSpan.Load(Source, new BlockRange(1, 3), _backend);
        Span = new HostedSpan(_blocks, new MemoryBudget(budget), "test", time ?? TimeProvider.System, limits);
    }

    public ModelSource Source { get; }

    public HostedSpan Span { get; }

    public CpuBackend Backend => _backend;

    public DecoderSpan Blocks => _blocks;

    /// <summary>Rows as they could enter a block, and room for what leaves.</summary>
    public BlockStep Step(int rows, int seed)
    {
        Random random = new(seed);
        float[] input = [.. Enumerable.Range(0, rows * Span.BoundarySize).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        return new BlockStep { Rows = rows, Input = input, Output = new float[input.Length] };
    }

    /// <summary>Computes steps one after the other in a session of their own; a step's number of rows, and its seed.</summary>
    public Task<float[]> ComputeAsync(IBlockSpan span, params (int Rows, int Seed)[] steps) => ComputeAsync(span, span.Range, steps);

    /// <summary>The same with some of the blocks.</summary>
    public async Task<float[]> ComputeAsync(IBlockSpan span, BlockRange range, params (int Rows, int Seed)[] steps)
    {
        await using IBlockSession session = await span.OpenAsync(new BlockSessionOptions(range, steps.Sum(s => s.Rows)), CancellationToken.None);
        List<float> outputs = [];
        foreach ((int rows, int seed) in steps)
        {
            BlockStep step = Step(rows, seed);
            await session.StepAsync(step, CancellationToken.None);
            outputs.AddRange(step.Output.ToArray());
        }

        return [.. outputs];
    }

    public void Dispose()
    {
        _blocks.Dispose();
        Source.Dispose();
        _backend.Dispose();
    }
}
