namespace Whorl.Models.Families;

/// <summary>Qwen3-MoE: norms on each query and key head, experts without a shared one.</summary>
/// <remarks>Source: Yang et al., arXiv:2505.09388; transformers' modeling_qwen3_moe.py.</remarks>
internal sealed class Qwen3Moe : ModelFamily
{
    public override string ModelType => "qwen3_moe";

    public override IReadOnlyList<string> GgufArchitectures => ["qwen3moe"];

    public override DecoderSpec Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config);
        config.Assume("sliding_window", 4096);
        int window = config.Int("sliding_window", absent: 0, minimum: 0);
        window = config.Flag("use_sliding_window", false) ? window : 0;
        config.Ignore("max_window_layers"); // of Qwen2; here a window is every layer's
        DecoderSpec dense = Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                OutputBias = bias,
                QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
                KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
            },
            window: _ => window);
        return Qwen2Moe.WithExperts(config, dense, ExpertsConfig.Read(config, count: 128, chosen: 8), defaultSize: 768);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama().Block(Olmoe.MixtureNames);

    public override void ReadGguf(GgufConfig config)
    {
        Qwen2Moe.ReadMixture(config);
        config.Set("norm_topk_prob", true); // the format does not say; every published model does
    }
}
