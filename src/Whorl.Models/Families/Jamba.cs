using System.Text.Json.Nodes;
using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// Jamba: Mamba-1 with an attention layer now and then, which has no positions, and a mixture of experts in every other block.
/// </summary>
/// <remarks>Source: Lieber et al., arXiv:2403.19887; transformers' modeling_jamba.py.</remarks>
internal sealed class Jamba : ModelFamily
{
    public override string ModelType => "jamba";

    public override IReadOnlyList<string> GgufArchitectures => ["jamba"];

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("hidden_size"), blocks = config.Count("num_hidden_layers");
        int heads = config.Divisor("num_attention_heads", hidden);
        float epsilon = (float)config.Positive("rms_norm_eps", 1e-6);
        config.Require("hidden_act", "silu");
        config.Require("mamba_inner_layernorms", "true", "True");
        config.Ignore(
            "num_logits_to_keep", "calc_logits_for_entire_prompt", "use_mamba_kernels", "use_mambapy", "use_associative_scan", "head_dim");
        MambaSpec mamba = new()
        {
            Channels = config.Int("mamba_d_inner", config.Int("mamba_expand", absent: 2, minimum: 1, maximum: 64) * hidden, minimum: 1),
            StateSize = config.Count("mamba_d_state", absent: 16),
            StepRank = config.IntOrAuto("mamba_dt_rank", (hidden + 15) / 16),
            Taps = config.Count("mamba_d_conv", absent: 4),
            ConvolutionBias = config.Flag("mamba_conv_bias", true),
            ProjectionBias = config.Flag("mamba_proj_bias", false),
            StepNorm = new NormSpec(Role.StepNorm, epsilon),
            InputNorm = new NormSpec(Role.ScanBNorm, epsilon),
            OutputNorm = new NormSpec(Role.ScanCNorm, epsilon),
        };
        AttentionLayerSpec attention = new()
        {
            Heads = heads,
            KeyValueHeads = config.Divisor("num_key_value_heads", heads, absent: heads),
            HeadSize = hidden / heads,
        };
        FeedForwardSpec dense = new() { Size = config.Int("intermediate_size"), Activation = Activation.Silu };
        FeedForwardSpec sparse = dense with
        {
            Experts = ExpertsConfig.Read(config, count: 16, chosen: 2),
        };
        Func<int, bool> attends = Which(config, "attn_layer", defaultPeriod: 8, defaultOffset: 4);
        Func<int, bool> isSparse = Which(config, "expert_layer", defaultPeriod: 2, defaultOffset: 1);
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength("max_position_embeddings|n_ctx"),
            TiedHead = config.Flag("tie_word_embeddings", false),
            FinalNorm = new NormSpec(Role.FinalNorm, epsilon),
            Blocks =
            [
                .. Enumerable.Range(0, blocks).Select(block => new BlockSpec
                {
                    Mixer = attends(block) ? attention : mamba,
                    FeedForward = isSparse(block) && sparse.Experts.Count > 1 ? sparse : dense,
                    MixerNorm = new NormSpec(Role.MixerNorm, epsilon),
                    FeedForwardNorm = new NormSpec(Role.FeedForwardNorm, epsilon),
                }),
            ],
        };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        WeightMap map = WeightMap.Llama()
            .Ends((Role.FinalNorm, "model.final_layernorm"))
            .Block(
                (Role.FeedForwardNorm, "pre_ff_layernorm"), (Role.Gate, "feed_forward.gate_proj"), (Role.Up, "feed_forward.up_proj"),
                (Role.Down, "feed_forward.down_proj"), (Role.Router, "feed_forward.router"),
                (Role.ExpertGate, "feed_forward.experts.{1}.gate_proj"), (Role.ExpertUp, "feed_forward.experts.{1}.up_proj"),
                (Role.ExpertDown, "feed_forward.experts.{1}.down_proj"));
        return MambaOf(spec) is { } mamba ? map.Mamba(mamba, "mamba.") : map;
    }

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("ssm.conv_kernel", "mamba_d_conv");
        config.Copy("ssm.inner_size", "mamba_d_inner");
        config.Copy("ssm.state_size", "mamba_d_state");
        config.Copy("ssm.time_step_rank", "mamba_dt_rank");
        config.Copy("expert_count", "num_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        if (config.Numbers("attention.head_count_kv") is { } heads)
        {
            // One number a block, 0 for a block of Mamba.
            config.Set("num_key_value_heads", heads.Append(1).Max());
            config.Set("attn_layer_ids", Numbers(block => heads[block] > 0));
            config.Set("expert_layer_ids", Numbers(block => config.HasTensor($"blk.{block}.ffn_gate_inp.weight")));

            JsonArray Numbers(Func<int, bool> isOne) =>
                new([.. Enumerable.Range(0, heads.Count).Where(isOne).Select(block => (JsonNode)JsonValue.Create(block))]);
        }
    }

    public override WeightMap GgufWeights(DecoderSpec spec) =>
        MambaOf(spec) is { } mamba ? WeightMap.Gguf().GgufMamba(mamba) : WeightMap.Gguf();

    private static MambaSpec? MambaOf(DecoderSpec spec) => spec.Blocks.Select(block => block.Mixer).OfType<MambaSpec>().FirstOrDefault();

    /// <summary>The blocks of a kind: every period-th from an offset on, or those that a GGUF file lists.</summary>
    private static Func<int, bool> Which(ConfigReader config, string key, int defaultPeriod, int defaultOffset)
    {
        int period = config.Int(key + "_period", defaultPeriod, minimum: 1);
        int offset = config.Int(key + "_offset", defaultOffset, minimum: 0, maximum: period - 1);
        return config.Numbers(key + "_ids") is { } listed ? block => listed.Contains(block) : block => block % period == offset;
    }
}
