namespace Whorl.Models.Families;

/// <summary>
/// Gemma 2: norms before and behind both layers, soft caps on scores and logits, every other block with a sliding window.
/// </summary>
/// <remarks>Source: Gemma team, arXiv:2408.00118; transformers' modeling_gemma2.py.</remarks>
internal sealed class Gemma2 : ModelFamily
{
    public override string ModelType => "gemma2";

    public override IReadOnlyList<string> GgufArchitectures => ["gemma2"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("query_pre_attn_scalar", 256);
        config.Assume("attn_logit_softcapping", 50);
        config.Assume("final_logit_softcapping", 30);
        config.Assume("sliding_window", 4096);
        config.Ignore("sliding_window_size"); // says the same again in some files; the reference does not read it
        Func<string, NormSpec> norm = Gemma.Norms(config);
        Func<int, int> window = WindowConfig.Read(config, block => block % 2 == 0);
        return ReadKin(config, norm, (block, attention) => attention with { Window = window(block) });
    }

    public override WeightMap Weights(DecoderSpec spec) => FourNorms(WeightMap.Llama());

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("attn_logit_softcapping", "attn_logit_softcapping");
        config.Copy("final_logit_softcapping", "final_logit_softcapping");
        ScoreScale(config, blocksOf27B: 46);
    }

    /// <summary>Reads the keys that Gemma 2 and 3 share.</summary>
    /// <param name="config">The config.</param>
    /// <param name="norm">The norm of a role.</param>
    /// <param name="attention">What a block's attention has of its own.</param>
    internal static DecoderSpec ReadKin(
        ConfigReader config, Func<string, NormSpec> norm, Func<int, AttentionLayerSpec, AttentionLayerSpec> attention)
    {
        float scale = (float)(1 / Math.Sqrt(config.Positive("query_pre_attn_scalar")));
        float cap = config.Limit("attn_logit_softcapping");
        DecoderSpec spec = Gemma.ReadKin(config, norm, own => own with { Scale = scale, SoftCap = cap }, (i, block) => block with
        {
            Mixer = attention(i, (AttentionLayerSpec)block.Mixer),
            MixerPostNorm = norm(Role.MixerPostNorm),
            FeedForwardPostNorm = norm(Role.FeedForwardPostNorm),
        });
        return spec with { LogitSoftCap = config.Limit("final_logit_softcapping") };
    }

    /// <summary>Adds the names on the hub of a block's other norms.</summary>
    internal static WeightMap FourNorms(WeightMap map) => map.Block(
        (Role.MixerPostNorm, "post_attention_layernorm"),
        (Role.FeedForwardNorm, "pre_feedforward_layernorm"),
        (Role.FeedForwardPostNorm, "post_feedforward_layernorm"));

    /// <summary>
    /// GGUF files do not hold <c>query_pre_attn_scalar</c>: it is the head's width but in the 27B, told by its number of blocks (as
    /// llama.cpp does).
    /// </summary>
    internal static void ScoreScale(GgufConfig config, int blocksOf27B)
    {
        Gemma.WholeGains(config);
        config.Set("query_pre_attn_scalar", config.Number("block_count") == blocksOf27B
            ? config.Number("embedding_length") / config.Number("attention.head_count")
            : config.Number("attention.key_length"));
    }
}
