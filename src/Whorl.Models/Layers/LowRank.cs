using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Two projections with a narrow waist: <c>up(f(down x)) (+ b)</c>; roles <c>…_down</c>, <c>…_up</c>, <c>…_bias</c>.</summary>
internal sealed class LowRank : IDisposable
{
    private readonly LinearWeight _down;
    private readonly LinearWeight _up;
    private readonly Activation? _activation;

    public LowRank(WeightLoader loader, string role, int outputs, int inputs, int rank, bool bias = false, Activation? activation = null)
    {
        _down = loader.Linear(role + "_down", rank, inputs);
        _up = new LinearWeight(loader.Matrix(role + "_up", outputs, rank), bias ? loader.Vector(role + "_bias", outputs) : null);
        _activation = activation;
    }

    public Tensor Apply(IBackend backend, Tensor x, Tensor? residual = null)
    {
        Tensor inner = backend.Linear(x, _down);
        return backend.Linear(_activation is { } function ? backend.Activate(function, inner) : inner, _up, residual);
    }

    public void Dispose()
    {
        _down.Dispose();
        _up.Dispose();
    }
}
