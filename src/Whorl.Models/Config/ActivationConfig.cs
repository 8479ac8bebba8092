using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Reads the name of an element-wise function. Source: transformers' activations.py.</summary>
internal static class ActivationConfig
{
    private static readonly Dictionary<string, Activation> Names = new()
    {
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["gelu"] = Activation.GeluErf,
        ["gelu_python"] = Activation.GeluErf,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["gelu_accurate"] = Activation.GeluTanh,
        ["relu"] = Activation.Relu,
        ["relu2"] = Activation.ReluSquared,
        ["sigmoid"] = Activation.Sigmoid,
        ["tanh"] = Activation.Tanh,
    };

    /// <summary>Reads the function.</summary>
    /// <param name="config">The model's config.</param>
    /// <param name="keys">The key and its other spellings, separated by '|'.</param>
    /// <param name="absent">The name where there is none.</param>
    public static Activation Read(ConfigReader config, string keys, string absent)
    {
        string name = config.Text(keys, absent);
        return Names.TryGetValue(name, out Activation activation)
            ? activation
            : throw config.Unsupported(keys, string.Join(", ", Names.Keys));
    }
}
