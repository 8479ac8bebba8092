namespace Whorl.Models.Families;

/// <summary>Qwen1.5-MoE and Qwen2-MoE: Qwen2 with experts, of which one, behind a gate of its own, serves every token.</summary>
/// <remarks>Source: Yang et al., arXiv:2407.10671; transformers' modeling_qwen2_moe.py.</remarks>
internal sealed class Qwen2Moe : ModelFamily
{
    public override string ModelType => "qwen2_moe";

    public override IReadOnlyList<string> GgufArchitectures => ["qwen2moe"];

    public override DecoderSpec Read(ConfigReader config)
    {
        bool bias = config.Flag("qkv_bias", true);
        Func<int, int> window = Windows(config);
        int sharedSize = config.Int("shared_expert_intermediate_size", absent: 5632, minimum: 1);
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 60, chosen: 4) with { SharedSize = sharedSize, SharedIsGated = true };
        DecoderSpec dense = Llama.ReadKin(config, attention => attention with { QueryKeyValueBias = bias }, window: window);
        return WithExperts(config, dense, experts, defaultSize: 1408);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama().Block(Olmoe.MixtureNames);

    public override void ReadGguf(GgufConfig config)
    {
        ReadMixture(config);
        config.Copy("expert_shared_feed_forward_length", "shared_expert_intermediate_size");
    }

    /// <summary>Reads the mixture's keys that Qwen's GGUF architectures share.</summary>
    internal static void ReadMixture(GgufConfig config)
    {
        config.Copy("expert_count", "num_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Copy("expert_feed_forward_length", "moe_intermediate_size");
    }

    /// <summary>
    /// Makes the layers sparse that the config says are: every <c>decoder_sparse_step</c>-th, but those of <c>mlp_only_layers</c>.
    /// </summary>
    internal static DecoderSpec WithExperts(ConfigReader config, DecoderSpec dense, ExpertsSpec experts, int defaultSize)
    {
        int step = config.Int("decoder_sparse_step", absent: 1, minimum: 1);
        int size = config.Int("moe_intermediate_size", defaultSize, minimum: 1);
        IReadOnlyList<double> denseLayers = config.Numbers("mlp_only_layers") ?? [];
        experts = experts with { Normalise = config.Flag("norm_topk_prob", false) };
        FeedForwardSpec sparse = dense.Blocks[0].FeedForward! with { Size = size, Experts = experts };
        return dense with
        {
            Blocks =
            [
                .. dense.Blocks.Select((block, i) =>
                    denseLayers.Contains(i) || (i + 1) % step != 0 ? block : block with { FeedForward = sparse }),
            ],
        };
    }

    /// <summary>With <c>use_sliding_window</c>, every other block below <c>max_window_layers</c> has a window.</summary>
    private static Func<int, int> Windows(ConfigReader config)
    {
        config.Assume("sliding_window", 4096);
        int end = config.Int("max_window_layers", absent: 28, minimum: 0);
        Func<int, int> windows = WindowConfig.Read(config, block => block % 2 == 0 && block < end);
        return config.Flag("use_sliding_window", false) ? windows : _ => 0;
    }
}
