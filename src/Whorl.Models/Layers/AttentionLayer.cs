using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Attention with its projections.</summary>
internal sealed class AttentionLayer : IMixer
{
    private readonly AttentionLayerSpec _spec;
    private readonly AttentionSpec _attention;
    private readonly LinearSite[] _inputs;
    private readonly LinearSite _output;
    private readonly Norm? _queryNorm;
    private readonly Norm? _keyNorm;
    private readonly Norm? _outputNorm;
    private readonly LowRank[] _adapters;
    private readonly Rope? _rope;

    /// <param name="loader">Reads the weights.</param>
    /// <param name="spec">The shape.</param>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="inputs">Width of the layer's input; 0 for the residual stream's.</param>
    public AttentionLayer(WeightLoader loader, AttentionLayerSpec spec, int hidden, int inputs = 0)
    {
        _spec = spec;
        inputs = inputs == 0 ? hidden : inputs;
        int queries = spec.Heads * spec.HeadSize, keys = spec.KeyValueHeads * spec.HeadSize;
        _inputs =
        [
            loader.Linear(Role.Query, queries, inputs, spec.QueryKeyValueBias),
            loader.Linear(Role.Key, keys, inputs, spec.QueryKeyValueBias),
            loader.Linear(Role.Value, keys, inputs, spec.QueryKeyValueBias),
        ];
        _adapters = spec.AdapterRank == 0 ? [] :
        [
            new LowRank(loader, Role.QueryAdapter, queries, inputs, spec.AdapterRank),
            new LowRank(loader, Role.KeyAdapter, keys, inputs, spec.AdapterRank),
            new LowRank(loader, Role.ValueAdapter, keys, inputs, spec.AdapterRank),
        ];
        _output = loader.Linear(Role.Output, hidden, queries, spec.OutputBias);
        _queryNorm = Norm.Load(loader, spec.QueryNorm, queries);
        _keyNorm = Norm.Load(loader, spec.KeyNorm, keys);
        _outputNorm = Norm.Load(loader, spec.OutputNorm, queries);
        _rope = Rope.Load(loader, spec.Rope);
        _attention = new AttentionSpec
        {
            Heads = spec.Heads,
            KeyValueHeads = spec.KeyValueHeads,
            KeySize = spec.HeadSize,
            ValueSize = spec.HeadSize,
            Scale = spec.Scale ?? (float)(1 / Math.Sqrt(spec.HeadSize)),
            Window = spec.Window,
            SoftCap = spec.SoftCap,
            AlibiSlopes = spec.AlibiSlopes is { } slopes ? loader.Parameter([.. slopes]) : null,
            AlibiScaledInBFloat16 = spec.AlibiScaledInBFloat16,
            Sinks = spec.HasSinks ? loader.Vector(Role.Sinks, spec.Heads) : null,
        };
    }

    public BlockCache CreateCache(IBackend backend, int capacity) => new(backend.CreateKeyValueStore(_attention, capacity), []);

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Span<Tensor> projected = [default, default, default];
        context.Linear(_inputs, _spec.RoundInputs ? backend.RoundToInt8(x) : x, projected);
        for (int i = 0; i < _adapters.Length; i++)
        {
            projected[i] = _adapters[i].Apply(context, x, projected[i]);
        }

        Tensor query = Prepare(context, projected[0], _queryNorm, _rope);
        Tensor key = Prepare(context, projected[1], _keyNorm, _rope);
        Tensor value = Prepare(context, projected[2], null, null);
        Tensor mixed = backend.Attention(query, key, value, _attention, context.Layout, context.KeyValues());
        mixed = _outputNorm?.Apply(backend, mixed) ?? mixed;
        return context.Linear(_output, _spec.RoundInputs ? backend.RoundToInt8(mixed) : mixed, residual);
    }

    private Tensor Prepare(BlockContext context, Tensor x, Norm? norm, Rope? rope)
    {
        x = norm?.Apply(context.Backend, x) ?? x;
        if (_spec.ClipQueryKeyValue > 0)
        {
            x = context.Backend.Clamp(x, -_spec.ClipQueryKeyValue, _spec.ClipQueryKeyValue);
        }

        return rope?.Apply(context, x, _spec.HeadSize) ?? x;
    }
}
