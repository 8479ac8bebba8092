using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>The feed-forward layer: <c>down(f(gate x) · up x)</c>, or <c>down(f(up x))</c>.</summary>
internal sealed class FeedForward : IFeedForward
{
    private readonly FeedForwardSpec _spec;
    private readonly LinearSite[] _inputs;
    private readonly LinearSite _down;
    private readonly Norm? _downNorm;
    private readonly LowRank[] _adapters;
    private readonly Parameter? _mix;

    /// <param name="loader">Reads the weights.</param>
    /// <param name="spec">The shape.</param>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="prefix">What comes before the names of the roles: <c>expert_</c> and the like.</param>
    /// <param name="expert">The expert's number, for a role of experts.</param>
    public FeedForward(WeightLoader loader, FeedForwardSpec spec, int hidden, string prefix = "", int expert = 0)
    {
        _spec = spec;
        _inputs = spec.Gated
            ? [Input(Role.Gate), Input(Role.Up)]
            : [Input(Role.Up)];
        _down = loader.Linear(prefix + Role.Down, hidden, spec.Size, spec.Bias, expert);
        _downNorm = Norm.Load(loader, spec.DownNorm, spec.Size);
        _adapters = spec.AdapterRank == 0 ? []
            : [Adapter(Role.GateAdapter), Adapter(Role.UpAdapter)];
        _mix = spec.MixesPrevious ? loader.Vector(Role.FeedForwardMix, hidden) : null;

        LinearSite Input(string role) => loader.Linear(prefix + role, spec.Size, hidden, spec.Bias, expert);

        LowRank Adapter(string role) => new(loader, role, spec.Size, hidden, spec.AdapterRank);
    }

    public int StateSize => _mix?.Length ?? 0;

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        x = _mix is null ? x : MixPrevious(context, x);
        Span<Tensor> projected = [default, default];
        context.Linear(_inputs, _spec.RoundInputs ? backend.RoundToInt8(x) : x, projected[.._inputs.Length]);
        for (int i = 0; i < _adapters.Length; i++)
        {
            projected[i] = _adapters[i].Apply(context, x, projected[i]);
        }

        Tensor inner = _spec.ClampLimit > 0 ? ClampedGate(backend, projected[0], projected[1])
            : _spec.Gated ? backend.Gate(_spec.Activation, projected[0], projected[1]) : backend.Activate(_spec.Activation, projected[0]);
        inner = _downNorm?.Apply(backend, inner) ?? inner;
        return context.Linear(_down, _spec.RoundInputs ? backend.RoundToInt8(inner) : inner, residual);
    }

    private Tensor MixPrevious(BlockContext context, Tensor x)
    {
        IBackend backend = context.Backend;
        Tensor previous = backend.Previous(x, context.Layout, context.LastStates());
        return backend.Add(x, backend.Multiply(backend.Add(previous, backend.Scale(x, -1)), _mix!.Value));
    }

    /// <summary>(up + 1) · gate · sigmoid(α · gate). Source: OpenAI's gpt-oss, torch/model.py.</summary>
    private Tensor ClampedGate(IBackend backend, Tensor gate, Tensor up)
    {
        gate = backend.Clamp(gate, float.NegativeInfinity, _spec.ClampLimit);
        up = backend.Clamp(up, -_spec.ClampLimit, _spec.ClampLimit);
        Tensor swish = backend.Multiply(gate, backend.Activate(Activation.Sigmoid, backend.Scale(gate, _spec.ClampedAlpha)));
        return backend.Add(backend.Multiply(up, swish), swish);
    }
}
