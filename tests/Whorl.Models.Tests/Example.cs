namespace Whorl.Models.Families;

/// <summary>What it is, in one line, and how it differs from Llama.</summary>
/// <remarks>Source: the paper's arXiv number; transformers' modeling_example.py.</remarks>
internal sealed class Example : ModelFamily
{
    public override string ModelType => "example";

    public override IReadOnlyList<string> GgufArchitectures => ["example"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rope_theta", 500_000); // what the reference takes where the key is absent; before anything reads it
        config.Ignore("max_window_layers"); // of another family; the reference does not read it
        config.Require("mlp_type", "default");
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 64, chosen: 8) with { Normalise = config.Flag("norm_topk_prob", false) };
        return Llama.ReadKin(
            config,
            attention => attention with { QueryNorm = norm("query_norm") with { Group = attention.HeadSize }, QueryKeyValueBias = true },
            feedForward => feedForward with { Experts = experts },
            window: WindowConfig.Read(config, block => block % 2 == 0),
            norm: norm,
            block: (number, block) => number == 0 ? block with { FeedForward = block.FeedForward! with { Experts = null } } : block);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama()
        .Block(("router", "mlp.gate"))
        .Stacked(("expert_gate", "mlp.experts.w1"), ("expert_up", "mlp.experts.w3"), ("expert_down", "mlp.experts.w2"))
        .Fused("self_attn.qkv_proj", ((AttentionLayerSpec)spec.Blocks[0].Mixer).FusedRows());

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("expert_count", "num_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Set("norm_topk_prob", true); // the format does not say; every published model does
    }

    public override WeightMap GgufWeights(DecoderSpec spec) => WeightMap.Gguf();
}
