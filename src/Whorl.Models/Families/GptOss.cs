using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>gpt-oss: attention with sinks, every other block with a short window, biases everywhere, experts with a clamped gate.</summary>
/// <remarks>
/// Source: OpenAI, arXiv:2508.10925; transformers' modeling_gpt_oss.py. The published checkpoints hold the experts in MXFP4.
/// </remarks>
internal sealed class GptOss : ModelFamily
{
    public override string ModelType => "gpt_oss";

    public override IReadOnlyList<string> GgufArchitectures => ["gpt-oss"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rope_theta", 150_000);
        config.Assume("rms_norm_eps", 1e-5);
        config.Assume("head_dim", 64);
        config.Ignore("initial_context_length"); // stands in the rope's parameters too
        RequireMicroscaling(config.Object("quantization_config"));
        bool bias = config.Flag("attention_bias", true);
        ExpertsSpec experts = new()
        {
            Count = config.Int("num_local_experts|num_experts", absent: 128, minimum: 1),
            Chosen = config.Int("num_experts_per_tok|experts_per_token", absent: 4, minimum: 1),
            Score = RouterScore.SoftmaxOfChosen,
            RouterBias = true,
        };
        float limit = (float)config.Number("swiglu_limit", 7), alpha = (float)config.Number("swiglu_alpha", 1.702);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias, HasSinks = true },
            inner => inner with { Experts = experts, Bias = true, ClampLimit = limit, ClampedAlpha = alpha },
            WindowConfig.Read(config, block => block % 2 == 0));
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        int size = spec.Blocks[0].FeedForward!.Size;
        WeightMap map = WeightMap.Llama()
            .Block(("router", "mlp.router"), ("sinks", "self_attn.sinks"))
            .Stacked(
                ("expert_gate", "mlp.experts.gate_up_proj"), ("expert_up", "mlp.experts.gate_up_proj"),
                ("expert_down", "mlp.experts.down_proj"))
            .With(source => source with { Suffix = "" }, "sinks")
            .With(
                source => source with { Suffix = "", BiasSuffix = "_bias", Transposed = true, MayBeMicroscaled = true },
                "expert_gate", "expert_up", "expert_down");
        map["expert_gate"] = map["expert_gate"] with { Rows = new RowOrder(size, 2, 0, 1) };
        map["expert_up"] = map["expert_up"] with { Rows = new RowOrder(size, 2, 1, 1) };
        return map;
    }

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("expert_count", "num_local_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Copy("expert_feed_forward_length", "intermediate_size");
    }

    public override WeightMap GgufWeights(DecoderSpec spec) =>
        WeightMap.Gguf().Block(("sinks", "attn_sinks"), ("feed_forward_norm", "post_attention_norm"));

    private static void RequireMicroscaling(ConfigReader? quantization)
    {
        if (quantization is not null)
        {
            quantization.Require("quant_method", "mxfp4");
            quantization.Ignore("modules_to_not_convert"); // the names of the tensors tell
            quantization.RefuseUnread();
        }
    }
}
