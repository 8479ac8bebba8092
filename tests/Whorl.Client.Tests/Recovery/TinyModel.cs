using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Client.Tests.Recovery;

/// <summary>A tiny model of some kind whose blocks are held in parts: the golden data's, in this process.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
    private readonly ModelSource _source;
    private readonly ModelEnds _ends;
    private readonly Dictionary<BlockRange, DecoderSpan> _loaded = [];

    public TinyModel(string name)
    {
        _source = ModelSource.Open(ReferenceData.PathOf("golden", "models", name));
        _ends = ModelEnds.Load(_source, _backend);
    }

    public BlockRange All => new(0, _source.Spec.Blocks.Count - 1);

    public ModelEnds Ends => _ends;

    /// <summary>Blocks, with memory for sessions of their own.</summary>
    public HostedSpan Hold(BlockRange range, TimeProvider? time = null)
    {
        lock (_loaded)
        {
            if (!_loaded.TryGetValue(range, out DecoderSpan? span))
            {
                _loaded[range] = span = DecoderSpan.Load(_source, range, _backend);
            }

            return new HostedSpan(span, new MemoryBudget(1 << 26), "here", time ?? TimeProvider.System);
        }
    }

    public CausalModel Over(IBlockSpan span) => new(_source, _ends, span);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DecoderSpan span in _loaded.Values)
        {
            span.Dispose();
        }

        _ends.Dispose();
        _source.Dispose();
        _backend.Dispose();
    }
}
