namespace Whorl.Models.Families;

/// <summary>Nemotron-4 and Minitron: layer norms whose gains are stored less 1, part of each head turns, squared ReLU without a gate.</summary>
/// <remarks>Source: NVIDIA, arXiv:2402.16819; transformers' modeling_nemotron.py.</remarks>
internal sealed class Nemotron : ModelFamily
{
    public override string ModelType => "nemotron";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("hidden_act", "relu2");
        config.Assume("partial_rotary_factor", 0.5);
        bool bias = config.Flag("attention_bias", false), mlpBias = config.Flag("mlp_bias", false);
        Func<string, NormSpec> norm = NormConfig.LayerNorm(config);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Activation = Tensors.Activation.ReluSquared, Gated = false, Bias = mlpBias },
            norm: role => norm(role) with { GainLessOne = true });
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
