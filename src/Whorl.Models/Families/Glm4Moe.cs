namespace Whorl.Models.Families;

/// <summary>GLM-4.5 and 4.6: part of each head turns, norms on queries and keys, and DeepSeek-V3's experts, the first blocks dense.</summary>
/// <remarks>Source: GLM team, arXiv:2508.06471; transformers' modeling_glm4_moe.py.</remarks>
internal sealed class Glm4Moe : ModelFamily
{
    public override string ModelType => "glm4_moe";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("partial_rotary_factor", 0.5);
        config.Assume("n_shared_experts", 1);
        bool bias = config.Flag("attention_bias", false), norms = config.Flag("use_qk_norm", false);
        bool normalise = config.Flag("norm_topk_prob", true);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        DecoderSpec dense = Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                QueryNorm = norms ? norm(Role.QueryNorm) with { Group = attention.HeadSize } : null,
                KeyNorm = norms ? norm(Role.KeyNorm) with { Group = attention.HeadSize } : null,
            },
            norm: norm);
        return BalancedExperts.Add(config, dense, normalise, denseBlocks: 1);
    }

    public override WeightMap Weights(DecoderSpec spec) => BalancedExperts.Names(WeightMap.Llama());
}
