namespace Whorl.Models.Families;

/// <summary>Hunyuan 3: a norm on each query and key head, and DeepSeek-V3's experts without groups, the first block dense.</summary>
/// <remarks>Source: transformers' modeling_hy_v3.py.</remarks>
internal sealed class HyV3 : ModelFamily
{
    public override string ModelType => "hy_v3";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Ignore("enable_moe_fp32_combine", "route_norm"); // always in float32 here; the reference always normalises
        config.Assume("num_shared_experts", 1);
        bool bias = config.Flag("attention_bias", false), mlpBias = config.Flag("mlp_bias", false);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        DecoderSpec dense = Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                OutputBias = bias,
                QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
                KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
            },
            feedForward => feedForward with { Bias = mlpBias },
            norm: norm);
        return BalancedExperts.Add(config, dense, normalise: true, denseBlocks: 1);
    }

    public override WeightMap Weights(DecoderSpec spec) =>
        BalancedExperts.Names(WeightMap.Llama(), router: "mlp.router.gate", bias: "mlp.expert_bias", shared: "mlp.shared_mlp");
}
