using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>The feed-forward layer: <c>down(f(gate x) · up x)</c>, or <c>down(f(up x))</c>.</summary>
internal sealed class FeedForward : IDisposable
{
    private readonly FeedForwardSpec _spec;
    private readonly LinearWeight[] _inputs;
    private readonly LinearWeight _down;
    private readonly Norm? _downNorm;

    public FeedForward(WeightLoader loader, FeedForwardSpec spec, int hidden)
    {
        _spec = spec;
        _inputs = spec.Gated
            ? [loader.Linear("gate", spec.Size, hidden, spec.Bias), loader.Linear("up", spec.Size, hidden, spec.Bias)]
            : [loader.Linear("up", spec.Size, hidden, spec.Bias)];
        _down = loader.Linear("down", hidden, spec.Size, spec.Bias);
        _downNorm = Norm.Load(loader, spec.DownNorm, spec.Size);
    }

    public Tensor Forward(IBackend backend, Tensor x, Tensor? residual)
    {
        Span<Tensor> projected = [default, default];
        backend.Linear(x, _inputs, projected[.._inputs.Length]);
        Tensor inner = _spec.Gated ? backend.Gate(_spec.Activation, projected[0], projected[1]) : backend.Activate(_spec.Activation, projected[0]);
        return backend.Linear(_downNorm?.Apply(backend, inner) ?? inner, _down, residual);
    }

    public void Dispose()
    {
        foreach (LinearWeight weight in _inputs)
        {
            weight.Dispose();
        }

        _down.Dispose();
        _downNorm?.Dispose();
    }
}
