namespace Whorl.Models.Families;

/// <summary>
/// GPT-NeoX and Pythia: layer norms and biases throughout, partial rotation, attention and feed-forward layer in parallel.
/// </summary>
/// <remarks>Source: Black et al., arXiv:2204.06745; Biderman et al., arXiv:2304.01373; transformers' modeling_gpt_neox.py.</remarks>
internal sealed class GptNeoX : ModelFamily
{
    public override string ModelType => "gpt_neox";

    public override IReadOnlyList<string> GgufArchitectures => ["gptneox"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rotary_pct", 0.25);
        bool bias = config.Flag("attention_bias", true);
        bool parallel = config.Flag("use_parallel_residual", true);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            inner => inner with { Gated = false, Bias = true, Activation = ActivationConfig.Read(config, "hidden_act", "gelu") },
            norm: NormConfig.LayerNorm(config),
            block: (_, block) => block with { Parallel = parallel });
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        return new WeightMap
        {
            BlockPrefix = "gpt_neox.layers.{0}.",
            IgnoredSuffixes = [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"], // buffers of old checkpoints
        }
            .Ends((Role.Embedding, "gpt_neox.embed_in"), (Role.FinalNorm, "gpt_neox.final_layer_norm"), (Role.Head, "embed_out"))
            .Block(
                (Role.MixerNorm, "input_layernorm"), (Role.Output, "attention.dense"), (Role.FeedForwardNorm, "post_attention_layernorm"),
                (Role.Up, "mlp.dense_h_to_4h"), (Role.Down, "mlp.dense_4h_to_h"))
            .Fused("attention.query_key_value", attention.FusedRowsByGroup());
    }

    public override void ReadGguf(GgufConfig config)
    {
        config.Assume("partial_rotary_factor", 1);
        config.Copy("use_parallel_residual", "use_parallel_residual");
    }

    public override WeightMap GgufWeights(DecoderSpec spec) =>
        WeightMap.Gguf().Fused("attn_qkv", ((AttentionLayerSpec)spec.Blocks[0].Mixer).FusedRows());
}
