using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace Whorl;

/// <summary>Blocks that this process computes after all, because whoever held them is gone and nobody else does.</summary>
/// <param name="source">The model; blocks whose files are not here are not loaded.</param>
/// <param name="backend">Computes.</param>
internal sealed class LostBlocks(ModelSource source, CpuBackend backend) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<BlockRange, (DecoderSpan Blocks, HostedSpan Span)> _loaded = [];

    /// <summary>Loads blocks.</summary>
    /// <returns>Null where there is not twice their room in memory.</returns>
    /// <exception cref="Formats.ModelFormatException">Their files are not here, or cannot be read.</exception>
    public async Task<IBlockSpan?> LoadAsync(BlockRange range, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_loaded.TryGetValue(range, out (DecoderSpan Blocks, HostedSpan Span) known))
            {
                return known.Span;
            }

            GCMemoryInfo memory = GC.GetGCMemoryInfo();
            if (2 * Enumerable.Range(range.First, range.Count).Sum(source.BlockBytes) > memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes)
            {
                return null;
            }

            DecoderSpan blocks = await Task.Run(() => DecoderSpan.Load(source, range, backend, BoundaryFormat.F32, null, cancellationToken), cancellationToken);
            HostedSpan span = new(blocks, new MemoryBudget(long.MaxValue), "local", TimeProvider.System);
            _loaded[range] = (blocks, span);
            return span;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach ((DecoderSpan blocks, _) in _loaded.Values)
        {
            blocks.Dispose();
        }

        _turn.Dispose();
        return ValueTask.CompletedTask;
    }
}
