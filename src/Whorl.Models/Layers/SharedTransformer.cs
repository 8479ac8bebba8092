using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// A transformer block in front of a mixer; see <see cref="SharedTransformerSpec"/>. Every block that uses it loads its own copy of the
/// shared weights.
/// </summary>
internal sealed class SharedTransformer
{
    private readonly AttentionLayer _attention;
    private readonly FeedForward _feedForward;
    private readonly Norm _inputNorm;
    private readonly Norm _feedForwardNorm;
    private readonly LinearSite _output;

    public SharedTransformer(WeightLoader loader, SharedTransformerSpec spec, int hidden)
    {
        _attention = new AttentionLayer(loader, spec.Attention, hidden, inputs: 2 * hidden);
        _feedForward = new FeedForward(loader, spec.FeedForward, hidden);
        _inputNorm = Norm.Load(loader, spec.InputNorm, 2 * hidden)!;
        _feedForwardNorm = Norm.Load(loader, spec.FeedForwardNorm, hidden)!;
        _output = loader.Linear(Role.SharedOutput, hidden, hidden);
    }

    public BlockCache CreateCache(IBackend backend, int capacity) => _attention.CreateCache(backend, capacity);

    public Tensor Forward(BlockContext context, Tensor hidden)
    {
        IBackend backend = context.Backend;
        Tensor x = _inputNorm.Apply(backend, backend.ConcatColumns(hidden, context.Side));
        x = _feedForwardNorm.Apply(backend, _attention.Forward(context, x, null));
        return context.Linear(_output, _feedForward.Forward(context, x, null));
    }
}
