using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>Gemma 1: scaled embeddings, gains stored less 1, a gate of tanh-GELU, heads of their own width.</summary>
/// <remarks>Source: Gemma team, arXiv:2403.08295; transformers' modeling_gemma.py.</remarks>
internal sealed class Gemma : ModelFamily
{
    public override string ModelType => "gemma";

    public override IReadOnlyList<string> GgufArchitectures => ["gemma"];

    public override DecoderSpec Read(ConfigReader config) => ReadKin(config, Norms(config));

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();

    public override void ReadGguf(GgufConfig config) => WholeGains(config);

    /// <summary>Norms whose gains stand less 1 in checkpoints of the hub, but whole in GGUF files.</summary>
    internal static Func<string, NormSpec> Norms(ConfigReader config)
    {
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config);
        bool lessOne = !config.Flag("norm_gains_are_whole", false);
        return role => norm(role) with { GainLessOne = lessOne };
    }

    /// <summary>Tells <see cref="Norms"/> that the gains come from a GGUF file.</summary>
    internal static void WholeGains(GgufConfig config) => config.Set("norm_gains_are_whole", true);

    /// <summary>Reads the keys that all Gemmas share.</summary>
    /// <param name="config">The config.</param>
    /// <param name="norm">The norm of a role.</param>
    /// <param name="attention">What the family's attention has of its own.</param>
    /// <param name="block">What its blocks have of their own.</param>
    internal static DecoderSpec ReadKin(
        ConfigReader config,
        Func<string, NormSpec> norm,
        Func<AttentionLayerSpec, AttentionLayerSpec>? attention = null,
        Func<int, BlockSpec, BlockSpec>? block = null)
    {
        config.Assume("head_dim", 256);
        config.Require("hidden_act", "gelu", "gelu_pytorch_tanh"); // "gelu", in the first official files, means the tanh form all the same
        config.Require("hidden_activation", "gelu_pytorch_tanh");
        bool bias = config.Flag("attention_bias", false);
        DecoderSpec spec = Llama.ReadKin(
            config,
            own => (attention?.Invoke(own) ?? own) with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Activation = Activation.GeluTanh },
            tiedHead: true,
            norm: norm,
            block: block);
        return spec with { EmbeddingScale = (float)Math.Sqrt(spec.HiddenSize) };
    }
}
