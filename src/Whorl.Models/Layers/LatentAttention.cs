using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// Multi-head latent attention in its absorbed form: queries are brought into the space of the latent vectors, which serve as keys and as
/// values.
/// </summary>
/// <remarks>
/// <c>q·(U_k c) = (U_kᵀ q)·c</c> and <c>Σ p (U_v c) = U_v Σ p c</c>: so the cache holds one latent vector and one rotary key a token
/// instead of every head's keys and values, and all heads read the same one.
/// </remarks>
internal sealed class LatentAttention : IMixer
{
    private readonly LatentAttentionSpec _spec;
    private readonly AttentionSpec _attention;
    private readonly LinearSite? _queryLatent;
    private readonly LinearSite[] _queries;
    private readonly LinearSite[] _latents;
    private readonly LinearSite[] _keyUp;
    private readonly LinearSite[] _valueUp;
    private readonly Tensor[] _queryParts; // of one step; kept so that a step allocates nothing
    private readonly Tensor[] _valueParts;
    private readonly LinearSite _output;
    private readonly Norm? _queryNorm;
    private readonly Norm _latentNorm;
    private readonly Rope _rope;

    public LatentAttention(WeightLoader loader, LatentAttentionSpec spec, int hidden)
    {
        _spec = spec;
        int inputs = spec.QueryLatentSize > 0 ? spec.QueryLatentSize : hidden;
        if (spec.QueryLatentSize > 0)
        {
            _queryLatent = loader.Linear(Role.QueryLatent, spec.QueryLatentSize, hidden, spec.Bias);
            _queryNorm = Norm.Load(loader, spec.QueryLatentNorm, spec.QueryLatentSize);
        }

        _queries =
        [
            loader.Linear(Role.QueryRotary, spec.Heads * spec.RotarySize, inputs),
            loader.Linear(Role.QueryPlain, spec.Heads * spec.PlainSize, inputs),
        ];
        _latents =
        [
            loader.Linear(Role.KeyRotary, spec.RotarySize, hidden, spec.Bias),
            loader.Linear(Role.Latent, spec.LatentSize, hidden, spec.Bias),
        ];
        _latentNorm = Norm.Load(loader, spec.LatentNorm, spec.LatentSize)!;
        // Newer GGUF files hold the two parts apart, the keys' transposed already.
        string form = loader.Has(Role.KeyUpSplit) ? "_split" : "";
        _keyUp = Heads(Role.KeyUp + form, spec.LatentSize, spec.PlainSize);
        _valueUp = Heads(Role.ValueUp + form, spec.ValueSize, spec.LatentSize);
        (_queryParts, _valueParts) = (new Tensor[2 * spec.Heads], new Tensor[spec.Heads]);
        _output = loader.Linear(Role.Output, hidden, spec.Heads * spec.ValueSize, spec.Bias);
        _rope = Rope.Load(loader, spec.Rope)!;
        _attention = new AttentionSpec
        {
            Heads = spec.Heads,
            KeyValueHeads = 1,
            KeySize = spec.RotarySize + spec.LatentSize,
            ValueSize = spec.LatentSize,
            Scale = spec.Scale,
        };

        LinearSite[] Heads(string role, int outputs, int columns) =>
            [.. Enumerable.Range(0, spec.Heads).Select(head => loader.Linear(role, outputs, columns, expert: head))];
    }

    public BlockCache CreateCache(IBackend backend, int capacity) => new(backend.CreateKeyValueStore(_attention, capacity), []);

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        Span<Tensor> latents = [default, default];
        context.Linear(_latents, x, latents);
        Tensor latent = _latentNorm.Apply(backend, latents[1]);
        Tensor key = backend.ConcatColumns(_rope.Apply(context, latents[0], _spec.RotarySize), latent);
        Tensor mixed = backend.Attention(Queries(context, x), key, latent, _attention, context.Layout, context.KeyValues());
        return context.Linear(_output, Values(context, mixed), residual);
    }

    /// <summary>Each head's query in the space of the keys: <c>[rotary | U_kᵀ plain]</c>.</summary>
    private Tensor Queries(BlockContext context, Tensor x)
    {
        IBackend backend = context.Backend;
        if (_queryLatent is not null)
        {
            x = _queryNorm!.Apply(backend, context.Linear(_queryLatent, x));
        }

        Span<Tensor> queries = [default, default];
        context.Linear(_queries, x, queries);
        Tensor rotary = _rope.Apply(context, queries[0], _spec.RotarySize);
        for (int head = 0; head < _spec.Heads; head++)
        {
            _queryParts[2 * head] = backend.SelectColumns(rotary, head * _spec.RotarySize, _spec.RotarySize);
            _queryParts[(2 * head) + 1] = context.Linear(
                _keyUp[head], backend.SelectColumns(queries[1], head * _spec.PlainSize, _spec.PlainSize));
        }

        return backend.ConcatColumns(_queryParts);
    }

    /// <summary>Each head's value: U_v of its mixture of latent vectors.</summary>
    private Tensor Values(BlockContext context, Tensor mixed)
    {
        IBackend backend = context.Backend;
        for (int head = 0; head < _valueParts.Length; head++)
        {
            _valueParts[head] = context.Linear(_valueUp[head], backend.SelectColumns(mixed, head * _spec.LatentSize, _spec.LatentSize));
        }

        return backend.ConcatColumns(_valueParts);
    }
}
