using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// gpt-oss: a mixture of experts with a clamped gate, biases everywhere, an extra logit a head in the softmax, a window in every other
/// block.
/// </summary>
/// <remarks>Source: OpenAI, arXiv:2508.10925; transformers' modeling_gpt_oss.py.</remarks>
internal sealed class GptOss : ModelFamily
{
    public override string ModelType => "gpt_oss";

    public override IReadOnlyList<string> GgufArchitectures => ["gpt-oss"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("head_dim", 64);
        config.Assume("rope_theta", 150_000);
        config.Assume("rms_norm_eps", 1e-5);
        config.Assume("sliding_window", 128);
        config.Require("hidden_act", "silu"); // the reference does not read it: the gate is always the clamped one
        config.Ignore("initial_context_length"); // stands in rope_scaling too, which is what the reference reads
        RequireMicroscaled(config.Object("quantization_config"));
        bool bias = config.Flag("attention_bias", true);
        float limit = (float)config.Positive("swiglu_limit", 7), alpha = (float)config.Positive("swiglu_alpha", 1.702);
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 128, chosen: 4) with
        {
            Score = RouterScore.SoftmaxOfChosen,
            RouterBias = true,
        };
        if (!config.Has("rope_parameters|rope_scaling"))
        {
            throw config.Unsupported("rope_scaling", "YaRN's parameters, which every published config has");
        }

        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias, HasSinks = true },
            inner => inner with { Bias = true, ClampLimit = limit, ClampedAlpha = alpha, Experts = experts },
            window: WindowConfig.Read(config, block => block % 2 == 0));
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        int size = spec.Blocks[0].FeedForward!.Size;
        return WeightMap.Llama()
            .Block((Role.Sinks, "self_attn.sinks"), (Role.Router, "mlp.router"))
            .Stacked(
                (Role.ExpertGate, "mlp.experts.gate_up_proj"), (Role.ExpertUp, "mlp.experts.gate_up_proj"),
                (Role.ExpertDown, "mlp.experts.down_proj"))
            .With(source => source with { Suffix = "" }, Role.Sinks)
            .With(
                source => source with { Suffix = "", BiasSuffix = "_bias", Transposed = true, MayBeMicroscaled = true },
                Role.ExpertGate, Role.ExpertUp, Role.ExpertDown)
            .With(source => source with { Rows = EverySecond(0) }, Role.ExpertGate)
            .With(source => source with { Rows = EverySecond(1) }, Role.ExpertUp);

        RowOrder EverySecond(int first) => new(size, 2, first, 1);
    }

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("expert_count", "num_local_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Copy("expert_feed_forward_length", "intermediate_size");
    }

    public override WeightMap GgufWeights(DecoderSpec spec) =>
        WeightMap.Gguf().Block((Role.Sinks, "attn_sinks"), (Role.FeedForwardNorm, "post_attention_norm"));

    /// <summary>The published checkpoints hold their experts in 4 bits; they are computed as stored.</summary>
    private static void RequireMicroscaled(ConfigReader? quantization)
    {
        quantization?.Require("quant_method", "mxfp4");
        quantization?.Ignore("modules_to_not_convert", "dequantize"); // told by the tensors' names
    }
}
