using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A norm with its weights.</summary>
internal sealed class Norm
{
    private readonly NormSpec _spec;
    private readonly Parameter? _gain;
    private readonly Parameter? _bias;

    private Norm(NormSpec spec, Parameter? gain, Parameter? bias) => (_spec, _gain, _bias) = (spec, gain, bias);

    /// <summary>Loads a norm of rows of a width, or nothing for no spec.</summary>
    public static Norm? Load(WeightLoader loader, NormSpec? spec, int width)
    {
        if (spec is null)
        {
            return null;
        }

        int length = spec.Group == 0 || spec.GainPerColumn ? width : spec.Group;
        Parameter? gain = spec.HasGain ? loader.Vector(spec.Role, length, change: spec.GainLessOne ? w => 1 + w : null) : null;
        return new Norm(spec, gain, spec is { IsLayerNorm: true, HasBias: true } ? loader.Vector(spec.Role, length, bias: true) : null);
    }

    public Tensor Apply(IBackend backend, Tensor x) => _spec.IsLayerNorm
        ? backend.LayerNorm(x, _gain, _bias, _spec.Epsilon, _spec.Group)
        : backend.RmsNorm(x, _gain, _spec.Epsilon, _spec.Group);
}
