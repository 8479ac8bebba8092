using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>The shared decoder block: see <see cref="BlockSpec"/> for the shapes it takes.</summary>
internal sealed class DecoderBlock : IDisposable
{
    private readonly BlockSpec _spec;
    private readonly IMixer _mixer;
    private readonly IFeedForward? _feedForward;
    private readonly Norm? _mixerNorm;
    private readonly Norm? _mixerPostNorm;
    private readonly Norm? _feedForwardNorm;
    private readonly Norm? _feedForwardPostNorm;

    public DecoderBlock(WeightLoader loader, BlockSpec spec, int hidden)
    {
        _spec = spec;
        _mixer = spec.Mixer switch
        {
            AttentionLayerSpec attention => new AttentionLayer(loader, attention, hidden),
            MambaSpec mamba => new MambaMixer(loader, mamba, hidden),
            _ => throw new NotSupportedException($"no layer for {spec.Mixer.GetType().Name}"),
        };
        _feedForward = spec.FeedForward switch
        {
            null => null,
            { Experts: null } => new FeedForward(loader, spec.FeedForward, hidden),
            _ => new MixtureOfExperts(loader, spec.FeedForward, hidden),
        };
        _mixerNorm = Norm.Load(loader, spec.MixerNorm, hidden);
        _mixerPostNorm = Norm.Load(loader, spec.MixerPostNorm, hidden);
        _feedForwardNorm = Norm.Load(loader, spec.FeedForwardNorm, hidden);
        _feedForwardPostNorm = Norm.Load(loader, spec.FeedForwardPostNorm, hidden);
    }

    public BlockCache CreateCache(IBackend backend, int capacity) => _mixer.CreateCache(backend, capacity);

    /// <summary>The residual stream after the block.</summary>
    public Tensor Forward(BlockContext context, Tensor hidden)
    {
        IBackend backend = context.Backend;
        if (_spec.NormAfterAdd)
        {
            Tensor added = _mixer.Forward(context, hidden, hidden);
            added = _mixerNorm?.Apply(backend, added) ?? added;
            added = _feedForward?.Forward(backend, added, added) ?? added;
            return _feedForwardNorm?.Apply(backend, added) ?? added;
        }

        Tensor input = _mixerNorm?.Apply(backend, hidden) ?? hidden;
        Tensor mixed = Mix(context, input, _spec.ResidualFromNorm ? input : hidden);
        if (_feedForward is null)
        {
            return mixed;
        }

        if (_spec.Parallel)
        {
            return FeedForward(backend, _feedForwardNorm?.Apply(backend, hidden) ?? input, mixed);
        }

        input = _feedForwardNorm?.Apply(backend, mixed) ?? mixed;
        return FeedForward(backend, input, _spec.ResidualFromNorm ? input : mixed);
    }

    public void Dispose()
    {
        _mixer.Dispose();
        _feedForward?.Dispose();
        _mixerNorm?.Dispose();
        _mixerPostNorm?.Dispose();
        _feedForwardNorm?.Dispose();
        _feedForwardPostNorm?.Dispose();
    }

    private Tensor Mix(BlockContext context, Tensor input, Tensor residual) => _mixerPostNorm is null
        ? _mixer.Forward(context, input, residual)
        : context.Backend.Add(residual, _mixerPostNorm.Apply(context.Backend, _mixer.Forward(context, input, null)));

    private Tensor FeedForward(IBackend backend, Tensor input, Tensor residual) => _feedForwardPostNorm is null
        ? _feedForward!.Forward(backend, input, residual)
        : backend.Add(residual, _feedForwardPostNorm.Apply(backend, _feedForward!.Forward(backend, input, null)));
}
