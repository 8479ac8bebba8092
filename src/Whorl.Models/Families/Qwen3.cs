namespace Whorl.Models.Families;

/// <summary>Qwen3, dense: Llama with a norm on each query and key head, and a head size of its own.</summary>
/// <remarks>Source: Yang et al., arXiv:2505.09388; transformers' modeling_qwen3.py.</remarks>
internal sealed class Qwen3 : ModelFamily
{
    public override string ModelType => "qwen3";

    public override IReadOnlyList<string> GgufArchitectures => ["qwen3"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("head_dim", 128);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config);
        bool bias = config.Flag("attention_bias", false);
        return Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
                KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
                QueryKeyValueBias = bias,
                OutputBias = bias,
            },
            window: Qwen2.Windows(config));
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
