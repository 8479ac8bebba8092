namespace Whorl.Models.Families;

/// <summary>Seed-OSS: Llama with biases on queries, keys and values, and heads of their own width.</summary>
/// <remarks>Source: ByteDance Seed, "Seed-OSS" (2025); transformers' modeling_seed_oss.py.</remarks>
internal sealed class SeedOss : ModelFamily
{
    public override string ModelType => "seed_oss";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("head_dim", 128);
        bool bias = config.Flag("attention_bias", true), output = config.Flag("attention_out_bias", false);
        bool mlpBias = config.Flag("mlp_bias", false);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = output },
            feedForward => feedForward with { Bias = mlpBias });
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
