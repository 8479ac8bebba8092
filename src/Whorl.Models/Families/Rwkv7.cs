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
            HeadNorm = new NormSpec(Role.HeadNorm, size * epsilon) { IsLayerNorm = true, Group = size, GainPerColumn = true },
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
            FinalNorm = Norm(Role.FinalNorm),
            Blocks =
            [
                .. Enumerable.Range(0, config.Count("num_hidden_layers")).Select(block => new BlockSpec
                {
                    Mixer = mixer with { IsFirst = block == 0 },
                    FeedForward = channels,
                    InputNorm = block == 0 && normFirst ? Norm(Role.InputNorm) : null,
                    MixerNorm = Norm(Role.MixerNorm),
                    FeedForwardNorm = Norm(Role.FeedForwardNorm),
                }),
            ],
        };

        NormSpec Norm(string role) => new(role, epsilon) { IsLayerNorm = true, HasBias = bias };
    }

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap { BlockPrefix = "model.layers.{0}." }
        .Ends((Role.Embedding, "model.embeddings"), (Role.FinalNorm, "model.norm"), (Role.Head, "lm_head"))
        .Block(
            (Role.InputNorm, "pre_norm"), (Role.MixerNorm, "attn_norm"), (Role.FeedForwardNorm, "ffn_norm"), (Role.HeadNorm, "attn.g_norm"),
            (Role.MixReceptance, "attn.x_r"), (Role.MixDecay, "attn.x_w"), (Role.MixKey, "attn.x_k"), (Role.MixValue, "attn.x_v"),
            (Role.MixRate, "attn.x_a"), (Role.MixGate, "attn.x_g"),
            (Role.Receptance, "attn.r_proj"), (Role.Key, "attn.k_proj"), (Role.Value, "attn.v_proj"), (Role.Output, "attn.o_proj"),
            (Role.DecayDown, "attn.w_lora.lora.0"), (Role.DecayUp, "attn.w_lora.lora.2"), (Role.DecayBias, "attn.w_lora.lora.2"),
            (Role.RateDown, "attn.a_lora.lora.0"), (Role.RateUp, "attn.a_lora.lora.2"), (Role.RateBias, "attn.a_lora.lora.2"),
            (Role.ValueMixDown, "attn.v_lora.lora.0"), (Role.ValueMixUp, "attn.v_lora.lora.2"), (Role.ValueMixBias, "attn.v_lora.lora.2"),
            (Role.GateDown, "attn.g_lora.lora.0"), (Role.GateUp, "attn.g_lora.lora.2"),
            (Role.RemovalKey, "attn.k_k"), (Role.KeyRate, "attn.k_a"), (Role.Bonus, "attn.r_k"),
            (Role.FeedForwardMix, "ffn.x_k"), (Role.Up, "ffn.key"), (Role.Down, "ffn.value"))
        .With(
            source => source with { Suffix = "" },
            Role.MixReceptance, Role.MixDecay, Role.MixKey, Role.MixValue, Role.MixRate, Role.MixGate, Role.RemovalKey, Role.KeyRate,
            Role.Bonus,
            Role.FeedForwardMix)
        .With(source => source with { Suffix = ".bias" }, Role.DecayBias, Role.RateBias, Role.ValueMixBias);

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
        .Ends((Role.Embedding, "token_embd"), (Role.InputNorm, "token_embd_norm"), (Role.FinalNorm, "output_norm"), (Role.Head, "output"))
        .Block(
            (Role.MixerNorm, "attn_norm"), (Role.FeedForwardNorm, "attn_norm_2"), (Role.HeadNorm, "time_mix_ln"),
            (Role.Receptance, "time_mix_receptance"), (Role.Key, "time_mix_key"), (Role.Value, "time_mix_value"),
            (Role.Output, "time_mix_output"),
            (Role.DecayDown, "time_mix_w1"), (Role.DecayUp, "time_mix_w2"), (Role.DecayBias, "time_mix_w0"),
            (Role.RateDown, "time_mix_a1"), (Role.RateUp, "time_mix_a2"), (Role.RateBias, "time_mix_a0"),
            (Role.ValueMixDown, "time_mix_v1"), (Role.ValueMixUp, "time_mix_v2"), (Role.ValueMixBias, "time_mix_v0"),
            (Role.GateDown, "time_mix_g1"), (Role.GateUp, "time_mix_g2"),
            (Role.RemovalKey, "time_mix_k_k"), (Role.KeyRate, "time_mix_k_a"), (Role.Bonus, "time_mix_r_k"),
            (Role.FeedForwardMix, "channel_mix_lerp_k"), (Role.Up, "channel_mix_key"), (Role.Down, "channel_mix_value"))
        .Stacked([.. Rwkv7Mixes.Select(role => (role, "time_mix_lerp_fused"))]);

    private static IEnumerable<string> Rwkv7Mixes =>
        [Role.MixReceptance, Role.MixDecay, Role.MixKey, Role.MixValue, Role.MixRate, Role.MixGate];

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
