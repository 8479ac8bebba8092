namespace Whorl.Models.Families;

/// <summary>
/// StableLM 2 and 3B: Llama with layer norms and partial rotation; the 12B is parallel, with norms on each query and key head.
/// </summary>
/// <remarks>Source: Bellagente et al., arXiv:2402.17834; transformers' modeling_stablelm.py.</remarks>
internal sealed class StableLm : ModelFamily
{
    public override string ModelType => "stablelm";

    public override IReadOnlyList<string> GgufArchitectures => ["stablelm"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("partial_rotary_factor", 0.25);
        bool bias = config.Flag("use_qkv_bias", false);
        bool headNorms = config.Flag("qk_layernorm", false), parallel = config.Flag("use_parallel_residual", false);
        Func<string, NormSpec> norm = NormConfig.LayerNorm(config);
        return Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                QueryNorm = headNorms ? HeadNorm(Role.QueryNorm, attention) : null,
                KeyNorm = headNorms ? HeadNorm(Role.KeyNorm, attention) : null,
            },
            norm: norm,
            block: (_, block) => parallel ? block with { Parallel = true, FeedForwardNorm = null } : block);

        NormSpec HeadNorm(string role, AttentionLayerSpec attention) =>
            norm(role) with { HasBias = false, Group = attention.HeadSize, GainPerColumn = true };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        return WeightMap.Llama()
            .Block((Role.QueryNorm, "self_attn.q_layernorm.norms.{1}"), (Role.KeyNorm, "self_attn.k_layernorm.norms.{1}"))
            .With(source => source with { Parts = attention.Heads }, Role.QueryNorm)
            .With(source => source with { Parts = attention.KeyValueHeads }, Role.KeyNorm);
    }

    public override void ReadGguf(GgufConfig config)
    {
        config.Assume("partial_rotary_factor", 1);
        config.Copy("use_parallel_residual", "use_parallel_residual");
        config.Set("qk_layernorm", config.HasTensor("blk.0.attn_q_norm.weight"));
        config.Set("use_qkv_bias", config.HasTensor("blk.0.attn_q.bias"));
    }
}
