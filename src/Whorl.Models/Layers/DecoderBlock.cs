using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>The shared decoder block: see <see cref="BlockSpec"/> for the shapes it takes.</summary>
internal sealed class DecoderBlock : IDisposable
{
    private readonly BlockSpec _spec;
    private readonly int _hidden;
    private readonly IDisposable _weights;
    private readonly IMixer _mixer;
    private readonly SharedTransformer? _shared;
    private readonly Norm? _inputNorm;
    private readonly IFeedForward? _feedForward;
    private readonly Norm? _mixerNorm;
    private readonly Norm? _mixerPostNorm;
    private readonly Norm? _feedForwardNorm;
    private readonly Norm? _feedForwardPostNorm;

    public DecoderBlock(WeightLoader loader, BlockSpec spec, int hidden)
    {
        (_spec, _hidden) = (spec, hidden);
        _shared = spec.Shared is null ? null : new SharedTransformer(loader, spec.Shared, hidden);
        _inputNorm = Norm.Load(loader, spec.InputNorm, hidden);
        _mixer = spec.Mixer switch
        {
            AttentionLayerSpec attention => new AttentionLayer(loader, attention, hidden),
            LatentAttentionSpec attention => new LatentAttention(loader, attention, hidden),
            MambaSpec mamba => new MambaMixer(loader, mamba, hidden),
            Mamba2Spec mamba => new Mamba2Mixer(loader, mamba, hidden),
            Rwkv7Spec rwkv => new Rwkv7Mixer(loader, rwkv, hidden),
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
        _weights = loader.Take();
    }

    public BlockCache CreateCache(IBackend backend, int capacity)
    {
        BlockCache cache = _mixer.CreateCache(backend, capacity);
        KeyValueStore? keyValues = _shared?.CreateCache(backend, capacity).KeyValues ?? cache.KeyValues;
        return new BlockCache(
            keyValues, _feedForward is { StateSize: > 0 and var size } ? [.. cache.States, backend.CreateStateStore(size)] : cache.States);
    }

    /// <summary>What leaves the block: the residual stream, and behind it the side value where there is one.</summary>
    /// <param name="context">Who computes for whom.</param>
    /// <param name="boundary">What enters, <c>[rows, hidden + side]</c>.</param>
    public Tensor Forward(BlockContext context, Tensor boundary)
    {
        if (boundary.Columns == _hidden)
        {
            return Stream(context, boundary);
        }

        context.Side = context.Backend.SelectColumns(boundary, _hidden, boundary.Columns - _hidden);
        Tensor stream = Stream(context, context.Backend.SelectColumns(boundary, 0, _hidden));
        return context.Backend.ConcatColumns(stream, context.Side);
    }

    /// <summary>Frees the block's weights.</summary>
    public void Dispose() => _weights.Dispose();

    /// <summary>The residual stream after the block.</summary>
    private Tensor Stream(BlockContext context, Tensor hidden)
    {
        IBackend backend = context.Backend;
        hidden = _inputNorm?.Apply(backend, hidden) ?? hidden;
        if (_spec.NormAfterAdd)
        {
            Tensor added = _mixer.Forward(context, hidden, hidden);
            added = _mixerNorm?.Apply(backend, added) ?? added;
            added = _feedForward?.Forward(context, added, added) ?? added;
            return _feedForwardNorm?.Apply(backend, added) ?? added;
        }

        Tensor read = _shared is null ? hidden : backend.Add(hidden, _shared.Forward(context, hidden));
        Tensor input = _mixerNorm?.Apply(backend, read) ?? read;
        Tensor mixed = Mix(context, input, _spec.ResidualFromNorm ? input : hidden);
        if (_feedForward is null)
        {
            return mixed;
        }

        if (_spec.Parallel)
        {
            return FeedForward(context, _feedForwardNorm?.Apply(backend, hidden) ?? input, mixed);
        }

        input = _feedForwardNorm?.Apply(backend, mixed) ?? mixed;
        return FeedForward(context, input, _spec.ResidualFromNorm ? input : mixed);
    }

    private Tensor Mix(BlockContext context, Tensor input, Tensor residual) => _mixerPostNorm is null
        ? _mixer.Forward(context, input, residual)
        : context.Backend.Add(residual, _mixerPostNorm.Apply(context.Backend, _mixer.Forward(context, input, null)));

    private Tensor FeedForward(BlockContext context, Tensor input, Tensor residual) => _feedForwardPostNorm is null
        ? _feedForward!.Forward(context, input, residual)
        : context.Backend.Add(residual, _feedForwardPostNorm.Apply(context.Backend, _feedForward!.Forward(context, input, null)));
}
