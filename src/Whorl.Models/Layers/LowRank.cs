using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Two projections with a narrow waist: <c>up(f(down x)) (+ b)</c>; roles <c>…_down</c>, <c>…_up</c>, <c>…_bias</c>.</summary>
internal sealed class LowRank
{
    private readonly LinearSite _down;
    private readonly LinearSite _up;
    private readonly Activation? _activation;

    public LowRank(WeightLoader loader, string role, int outputs, int inputs, int rank, bool bias = false, Activation? activation = null)
    {
        _down = loader.Linear(role + "_down", rank, inputs);
        _up = loader.Linear(role + "_up", outputs, rank, biasRole: bias ? role + "_bias" : null);
        _activation = activation;
    }

    public Tensor Apply(BlockContext context, Tensor x, Tensor? residual = null)
    {
        Tensor inner = context.Linear(_down, x);
        return context.Linear(_up, _activation is { } function ? context.Backend.Activate(function, inner) : inner, residual);
    }
}
