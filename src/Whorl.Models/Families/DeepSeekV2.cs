namespace Whorl.Models.Families;

/// <summary>DeepSeek-V2: latent attention, many small experts of which some serve every token, the first blocks dense.</summary>
/// <remarks>Source: DeepSeek-AI, arXiv:2405.04434; transformers' modeling_deepseek_v2.py.</remarks>
internal class DeepSeekV2 : ModelFamily
{
    public override string ModelType => "deepseek_v2";

    public override IReadOnlyList<string> GgufArchitectures => ["deepseek2"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("scoring_func", "softmax");
        config.Require("topk_method", "greedy", "group_limited_greedy");
        config.Ignore("norm_topk_prob", "mlp_bias"); // as in the reference: never normalised, and no checkpoint has such a bias
        bool grouped = config.Text("topk_method", "greedy") != "greedy";
        return Read(config, experts => grouped ? InGroups(config, experts, terms: 1) : experts);
    }

    public override WeightMap Weights(DecoderSpec spec) => Latent(
        WeightMap.Llama()
            .Block(
                (Role.QueryLatent, "self_attn.q_a_proj"), (Role.QueryLatentNorm, "self_attn.q_a_layernorm"),
                (Role.LatentNorm, "self_attn.kv_a_layernorm"),
                (Role.Router, "mlp.gate"), (Role.ScoreBias, "mlp.gate.e_score_correction_bias"),
                (Role.ExpertGate, "mlp.experts.{1}.gate_proj"), (Role.ExpertUp, "mlp.experts.{1}.up_proj"),
                (Role.ExpertDown, "mlp.experts.{1}.down_proj"),
                (Role.SharedGate, "mlp.shared_experts.gate_proj"), (Role.SharedUp, "mlp.shared_experts.up_proj"),
                (Role.SharedDown, "mlp.shared_experts.down_proj"))
            .With(source => source with { Suffix = "" }, Role.ScoreBias),
        spec,
        query: "self_attn.q_proj",
        queryUp: "self_attn.q_b_proj",
        latent: "self_attn.kv_a_proj_with_mqa",
        keyValueUp: "self_attn.kv_b_proj");

    public override ModelFamily InGguf(GgufConfig config) => config.OptionalNumber("expert_gating_func") == 2 ? new DeepSeekV3() : this;

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("leading_dense_block_count", "first_k_dense_replace");
        config.Copy("attention.q_lora_rank", "q_lora_rank");
        config.Copy("attention.kv_lora_rank", "kv_lora_rank");
        config.Copy("expert_feed_forward_length", "moe_intermediate_size");
        config.Copy("expert_count", "n_routed_experts");
        config.Copy("expert_shared_count", "n_shared_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Copy("expert_weights_scale", "routed_scaling_factor");
        config.Copy("expert_weights_norm", "norm_topk_prob");
        config.Copy("expert_group_count", "n_group");
        config.Copy("expert_group_used_count", "topk_group");
        config.Set("topk_method", config.Value("expert_group_count") is null ? "greedy" : "group_limited_greedy");
        double rotary = config.Number("rope.dimension_count");

        // Newer files give the lengths in the latent space, and these beside them.
        string apart = config.Value("attention.key_length_mla") is null ? "" : "_mla";
        config.Set("qk_rope_head_dim", rotary);
        config.Set("qk_nope_head_dim", config.Number("attention.key_length" + apart) - rotary);
        config.Set("v_head_dim", config.Number("attention.value_length" + apart));
    }

    public override WeightMap GgufWeights(DecoderSpec spec) => Latent(
        WeightMap.Gguf()
            .Block(
                (Role.QueryLatent, "attn_q_a"), (Role.QueryLatentNorm, "attn_q_a_norm"), (Role.LatentNorm, "attn_kv_a_norm"),
                (Role.ScoreBias, "exp_probs_b"))
            .Stacked((Role.KeyUpSplit, "attn_k_b"), (Role.ValueUpSplit, "attn_v_b"))
            .With(source => source with { Suffix = ".bias" }, Role.ScoreBias),
        spec,
        query: "attn_q",
        queryUp: "attn_q_b",
        latent: "attn_kv_a_mqa",
        keyValueUp: "attn_kv_b");

    /// <summary>Reads the keys that the two versions share.</summary>
    /// <param name="config">The config.</param>
    /// <param name="route">What the version's router has of its own.</param>
    protected static DecoderSpec Read(ConfigReader config, Func<ExpertsSpec, ExpertsSpec> route)
    {
        config.Ignore("head_dim", "qk_head_dim", "num_key_value_heads", "ep_size", "num_nextn_predict_layers", "partial_rotary_factor");
        config.Ignore("n_group", "topk_group"); // read where experts are in groups, of no matter without
        int dense = config.Int("first_k_dense_replace", absent: 0, minimum: 0), step = config.Int("moe_layer_freq", absent: 1, minimum: 1);
        int size = config.Int("moe_intermediate_size", absent: 1, minimum: 1);
        int shared = config.Int("n_shared_experts", absent: 0, minimum: 0, maximum: 64);
        LatentAttentionSpec mixer = Attention(config);
        float scale = (float)config.Number("routed_scaling_factor", 1);
        ExpertsSpec? experts = config.Has("n_routed_experts|num_local_experts")
            ? route(ExpertsConfig.Read(config) with { Scale = scale, SharedSize = shared * size })
            : null;
        return Llama.ReadKin(config, block: (i, block) => block with
        {
            Mixer = mixer,
            FeedForward = experts is not null && i >= dense && i % step == 0
                ? block.FeedForward! with { Size = size, Experts = experts }
                : block.FeedForward,
        });
    }

    /// <summary>Reads the groups of experts.</summary>
    /// <param name="config">The config.</param>
    /// <param name="experts">The experts so far.</param>
    /// <param name="terms">How many of a group's scores rank it.</param>
    internal static ExpertsSpec InGroups(ConfigReader config, ExpertsSpec experts, int terms)
    {
        int groups = config.Divisor("n_group", experts.Count, absent: 1), size = experts.Count / groups;
        int chosenGroups = config.Int("topk_group", absent: groups, minimum: (experts.Chosen + size - 1) / size, maximum: groups);
        return size >= terms
            ? experts with { Groups = groups, ChosenGroups = chosenGroups, GroupTerms = terms }
            : throw config.Unsupported("n_group", $"{groups}", $"groups of at least {terms} of the {experts.Count} experts");
    }

    private static LatentAttentionSpec Attention(ConfigReader config)
    {
        int plain = config.Count("qk_nope_head_dim"), rotary = config.Count("qk_rope_head_dim");
        ConfigReader? scaling = RopeConfig.Parameters(config);
        double magnitude = scaling?.Number("mscale_all_dim", 0) is { } scale and not 0
            ? RopeConfig.Magnitude(scaling.Number("factor", 1), scale)
            : 1;
        return new LatentAttentionSpec
        {
            Heads = config.Count("num_attention_heads"),
            LatentSize = config.Int("kv_lora_rank"),
            QueryLatentSize = config.Int("q_lora_rank", absent: 0, minimum: 0),
            PlainSize = plain,
            RotarySize = rotary,
            ValueSize = config.Count("v_head_dim"),
            Rope = RopeConfig.Read(config, rotary),
            PairedRotary = config.Flag("rope_interleave", true),
            Scale = (float)(magnitude * magnitude / Math.Sqrt(plain + rotary)),
            QueryLatentNorm = new NormSpec(Role.QueryLatentNorm, 1e-6f), // an ε of their own, whatever the config's is
            LatentNorm = new NormSpec(Role.LatentNorm, 1e-6f),
            Bias = config.Flag("attention_bias", false),
        };
    }

    /// <summary>
    /// Takes the fused projections apart: of each head's query the rotary part, of the latent projection the shared key, of the one back
    /// keys and values.
    /// </summary>
    private static WeightMap Latent(WeightMap map, DecoderSpec spec, string query, string queryUp, string latent, string keyValueUp)
    {
        var attention = (LatentAttentionSpec)spec.Blocks[0].Mixer;
        int plain = attention.PlainSize, rotary = attention.RotarySize, values = attention.ValueSize;
        int pairs = attention.PairedRotary ? rotary : 0;
        map.Fused(
                attention.QueryLatentSize > 0 ? queryUp : query,
                (Role.QueryPlain, new RowOrder(attention.Heads, plain + rotary, 0, plain)),
                (Role.QueryRotary, new RowOrder(attention.Heads, plain + rotary, plain, rotary) { PairedHeadSize = pairs }))
            .Fused(
                latent,
                (Role.Latent, RowOrder.Range(0, attention.LatentSize, attention.LatentSize + rotary)),
                (Role.KeyRotary, RowOrder.Range(attention.LatentSize, rotary,
                attention.LatentSize + rotary) with
                { PairedHeadSize = pairs }))
            .Stacked((Role.KeyUp, keyValueUp), (Role.ValueUp, keyValueUp));
        map[Role.KeyUp] = map[Role.KeyUp] with { Transposed = true, Inputs = RowOrder.Range(0, plain, plain + values) };
        map[Role.ValueUp] = map[Role.ValueUp] with { Rows = RowOrder.Range(plain, values, plain + values) };
        return map;
    }
}
