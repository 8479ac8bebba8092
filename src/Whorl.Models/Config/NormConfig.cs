namespace Whorl.Models;

/// <summary>Reads the kind of norm that a model uses throughout.</summary>
internal static class NormConfig
{
    private const string LayerNormEpsilon = "norm_epsilon|layer_norm_eps|layer_norm_epsilon|norm_eps";

    /// <summary>Root-mean-square norms by role.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="epsilon">ε where the config has none.</param>
    public static Func<string, NormSpec> RootMeanSquare(ConfigReader config, double epsilon = 1e-6)
    {
        float value = (float)config.Positive("rms_norm_eps", epsilon);
        return role => new NormSpec(role, value);
    }

    /// <summary>Layer norms with biases by role.</summary>
    /// <inheritdoc cref="RootMeanSquare"/>
    public static Func<string, NormSpec> LayerNorm(ConfigReader config, double epsilon = 1e-5)
    {
        float value = (float)config.Positive(LayerNormEpsilon, epsilon);
        return role => new NormSpec(role, value) { IsLayerNorm = true };
    }
}
