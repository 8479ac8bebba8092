namespace Whorl.Models.Families;

/// <summary>Arcee's AFM: Llama whose feed-forward layer has no gate, but a squared ReLU.</summary>
/// <remarks>Source: Arcee AI, "AFM-4.5B" (2025); So et al., arXiv:2109.08668 (squared ReLU); transformers' modeling_arcee.py.</remarks>
internal sealed class Arcee : ModelFamily
{
    public override string ModelType => "arcee";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("hidden_act", "relu2");
        bool bias = config.Flag("attention_bias", false), mlpBias = config.Flag("mlp_bias", false);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Activation = Tensors.Activation.ReluSquared, Gated = false, Bias = mlpBias },
            norm: NormConfig.RootMeanSquare(config, 1e-5));
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
