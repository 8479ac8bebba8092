using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>RWKV-7: a recurrence with a matrix of state a head instead of attention; memory of a text is of constant size.</summary>
/// <remarks>Source: Peng et al., arXiv:2503.14456. Names as in the hub's converted checkpoints (flash-linear-attention).</remarks>
internal sealed class Rwkv7 : ModelFamily
{
    public override string ModelType => "rwkv7";

    public override IReadOnlyList<string> GgufArchitectures => ["rwkv7"];

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("hidden_size"), size = config.Count("head_dim", absent: 64);
        int heads = config.Count("num_heads", hidden / size);
        float epsilon = (float)config.Positive("norm_eps", 1e-5);
        bool bias = config.Flag("norm_bias", true), normFirst = config.Flag("norm_first", true);
        config.Require("hidden_act", "sqrelu", "relu2");

        // How it is computed, not what.
        config.Ignore("attn_mode", "fuse_norm", "fuse_cross_entropy", "fuse_linear_cross_entropy", "use_l2warp", "num_attention_heads");
        double ratio = config.Positive("hidden_ratio", 4);
        RefuseOtherWidths(config, hidden, heads, size);
        Rwkv7Spec mixer = new()
        {
            Heads = heads,
            HeadSize = size,
            DecayRank = config.Int("decay_low_rank_dim"),
            RateRank = config.Int("a_low_rank_dim"),
            ValueRank = config.Int("v_low_rank_dim"),
            GateRank = config.Int("gate_low_rank_dim"),
            HeadNorm = new NormSpec("head_norm", size * epsilon) { IsLayerNorm = true, Group = size, GainPerColumn = true },
        };
        FeedForwardSpec channels = new()
        {
            Size = config.Int("intermediate_size", (int)(hidden * ratio), minimum: 1),
            Activation = Activation.ReluSquared,
            Gated = false,
            MixesPrevious = true,
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            SideSize = heads * size,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength(),
            TiedHead = config.Flag("tie_word_embeddings", false),
            FinalNorm = Norm("final_norm"),
            Blocks =
            [
                .. Enumerable.Range(0, config.Count("num_hidden_layers")).Select(block => new BlockSpec
                {
                    Mixer = mixer with { IsFirst = block == 0 },
                    FeedForward = channels,
                    InputNorm = block == 0 && normFirst ? Norm("input_norm") : null,
                    MixerNorm = Norm("mixer_norm"),
                    FeedForwardNorm = Norm("feed_forward_norm"),
                }),
            ],
        };

        NormSpec Norm(string role) => new(role, epsilon) { IsLayerNorm = true, HasBias = bias };
    }

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap { BlockPrefix = "model.layers.{0}." }
        .Ends(("embedding", "model.embeddings"), ("final_norm", "model.norm"), ("head", "lm_head"))
        .Block(
            ("input_norm", "pre_norm"), ("mixer_norm", "attn_norm"), ("feed_forward_norm", "ffn_norm"), ("head_norm", "attn.g_norm"),
            ("mix_receptance", "attn.x_r"), ("mix_decay", "attn.x_w"), ("mix_key", "attn.x_k"), ("mix_value", "attn.x_v"),
            ("mix_rate", "attn.x_a"), ("mix_gate", "attn.x_g"),
            ("receptance", "attn.r_proj"), ("key", "attn.k_proj"), ("value", "attn.v_proj"), ("output", "attn.o_proj"),
            ("decay_down", "attn.w_lora.lora.0"), ("decay_up", "attn.w_lora.lora.2"), ("decay_bias", "attn.w_lora.lora.2"),
            ("rate_down", "attn.a_lora.lora.0"), ("rate_up", "attn.a_lora.lora.2"), ("rate_bias", "attn.a_lora.lora.2"),
            ("value_mix_down", "attn.v_lora.lora.0"), ("value_mix_up", "attn.v_lora.lora.2"), ("value_mix_bias", "attn.v_lora.lora.2"),
            ("gate_down", "attn.g_lora.lora.0"), ("gate_up", "attn.g_lora.lora.2"),
            ("removal_key", "attn.k_k"), ("key_rate", "attn.k_a"), ("bonus", "attn.r_k"),
            ("feed_forward_mix", "ffn.x_k"), ("up", "ffn.key"), ("down", "ffn.value"))
        .With(
            source => source with { Suffix = "" },
            "mix_receptance", "mix_decay", "mix_key", "mix_value", "mix_rate", "mix_gate", "removal_key", "key_rate", "bonus",
            "feed_forward_mix")
        .With(source => source with { Suffix = ".bias" }, "decay_bias", "rate_bias", "value_mix_bias");

    public override void ReadGguf(GgufConfig config)
    {
        config.Rename("layer_norm_epsilon", "norm_eps");
        config.Copy("wkv.head_size", "head_dim");
        config.Copy("attention.decay_lora_rank", "decay_low_rank_dim");
        config.Copy("attention.iclr_lora_rank", "a_low_rank_dim");
        config.Copy("attention.value_residual_mix_lora_rank", "v_low_rank_dim");
        config.Copy("attention.gate_lora_rank", "gate_low_rank_dim");
        config.Set("norm_first", config.HasTensor("token_embd_norm.weight"));
    }

    public override WeightMap GgufWeights(DecoderSpec spec) => new WeightMap
    {
        BlockPrefix = "blk.{0}.",
        // The converter's placeholders in the first block.
        IgnoredSuffixes = [".0.time_mix_v0.weight", ".0.time_mix_v1.weight", ".0.time_mix_v2.weight"],
    }
        .Ends(("embedding", "token_embd"), ("input_norm", "token_embd_norm"), ("final_norm", "output_norm"), ("head", "output"))
        .Block(
            ("mixer_norm", "attn_norm"), ("feed_forward_norm", "attn_norm_2"), ("head_norm", "time_mix_ln"),
            ("receptance", "time_mix_receptance"), ("key", "time_mix_key"), ("value", "time_mix_value"), ("output", "time_mix_output"),
            ("decay_down", "time_mix_w1"), ("decay_up", "time_mix_w2"), ("decay_bias", "time_mix_w0"),
            ("rate_down", "time_mix_a1"), ("rate_up", "time_mix_a2"), ("rate_bias", "time_mix_a0"),
            ("value_mix_down", "time_mix_v1"), ("value_mix_up", "time_mix_v2"), ("value_mix_bias", "time_mix_v0"),
            ("gate_down", "time_mix_g1"), ("gate_up", "time_mix_g2"),
            ("removal_key", "time_mix_k_k"), ("key_rate", "time_mix_k_a"), ("bonus", "time_mix_r_k"),
            ("feed_forward_mix", "channel_mix_lerp_k"), ("up", "channel_mix_key"), ("down", "channel_mix_value"))
        .Stacked([.. Rwkv7Mixes.Select(role => (role, "time_mix_lerp_fused"))]);

    private static IEnumerable<string> Rwkv7Mixes => ["mix_receptance", "mix_decay", "mix_key", "mix_value", "mix_rate", "mix_gate"];

    /// <summary>Values as wide as keys, and both as the residual stream, are all that published models have.</summary>
    private static void RefuseOtherWidths(ConfigReader config, int hidden, int heads, int size)
    {
        if (heads * size != hidden)
        {
            throw config.Unsupported("num_heads", $"{heads} with heads of {size}", $"what makes up the hidden size, {hidden}");
        }

        if (config.Numbers("value_dim") is { } values && values.Any(v => v != hidden))
        {
            throw config.Unsupported("value_dim", $"{hidden} for every block");
        }
    }
}
