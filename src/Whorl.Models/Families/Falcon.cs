namespace Whorl.Models.Families;

/// <summary>
/// Falcon in its four shapes: 7B (one key head, parallel), 40B and 180B (two norms), 11B (one norm), RW (sequential, ALiBi, biases).
/// </summary>
/// <remarks>Source: Almazrouei et al., arXiv:2311.16867; Malartic et al., arXiv:2407.14885; transformers' modeling_falcon.py.</remarks>
internal sealed class Falcon : ModelFamily
{
    public override string ModelType => "falcon";

    public override IReadOnlyList<string> GgufArchitectures => ["falcon"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("max_position_embeddings", 2048);
        int hidden = config.Int("hidden_size"), heads = config.Divisor("num_attention_heads|n_head", hidden);
        bool bias = config.Flag("bias", false), alibi = config.Flag("alibi", false);
        bool grouped = config.Flag("new_decoder_architecture", false), oneKey = config.Flag("multi_query", true);
        int keyValueHeads = config.Divisor("num_kv_heads|n_head_kv", heads, absent: heads);
        bool parallel = config.Flag("parallel_attn", true) || grouped;
        bool twoNorms = config.Int("num_ln_in_parallel_attn", 2, minimum: 1) == 2 && grouped;
        int factor = config.Int("ff_factor", absent: 4, minimum: 1, maximum: 64);
        Func<string, NormSpec> norm = NormConfig.LayerNorm(config);
        RopeSpec rope = RopeConfig.ReadShare(config, hidden / heads);
        BlockSpec block = new()
        {
            Mixer = new AttentionLayerSpec
            {
                Heads = heads,
                KeyValueHeads = grouped ? keyValueHeads : oneKey ? 1 : heads,
                HeadSize = hidden / heads,
                Rope = alibi ? null : rope,
                AlibiSlopes = alibi ? Bloom.AlibiSlopes(heads) : null,
                AlibiScaledInBFloat16 = alibi,
                QueryKeyValueBias = bias,
                OutputBias = bias,
            },
            FeedForward = new FeedForwardSpec
            {
                Size = config.Int("ffn_hidden_size", factor * hidden, minimum: 1),
                Activation = ActivationConfig.Read(config, "activation", "gelu"),
                Gated = false,
                Bias = bias,
            },
            MixerNorm = norm(Role.MixerNorm),
            FeedForwardNorm = parallel && !twoNorms ? null : norm(Role.FeedForwardNorm),
            Parallel = parallel,
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength(),
            TiedHead = config.Flag("tie_word_embeddings", true),
            FinalNorm = norm(Role.FinalNorm),
            Blocks = [.. Enumerable.Repeat(block, config.Count("num_hidden_layers|n_layer"))],
        };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        BlockSpec block = spec.Blocks[0];
        bool twoNorms = block is { Parallel: true, FeedForwardNorm: not null };
        return new WeightMap { BlockPrefix = "transformer.h.{0}." }
            .Ends((Role.Embedding, "transformer.word_embeddings"), (Role.FinalNorm, "transformer.ln_f"), (Role.Head, "lm_head"))
            .Block(
                (Role.MixerNorm, twoNorms ? "ln_attn" : "input_layernorm"), (Role.Output, "self_attention.dense"),
                (Role.FeedForwardNorm, twoNorms ? "ln_mlp" : "post_attention_layernorm"),
                (Role.Up, "mlp.dense_h_to_4h"), (Role.Down, "mlp.dense_4h_to_h"))
            .Fused("self_attention.query_key_value", ((AttentionLayerSpec)block.Mixer).FusedRowsByGroup());
    }

    /// <summary>The format holds the parallel shapes only, all of which are the new architecture with one norm or two.</summary>
    public override void ReadGguf(GgufConfig config)
    {
        config.Set("new_decoder_architecture", true);
        config.Set("num_ln_in_parallel_attn", config.HasTensor("blk.0.attn_norm_2.weight") ? 2 : 1);
        config.Rename("num_key_value_heads", "num_kv_heads");
        config.Rename("intermediate_size", "ffn_hidden_size");
    }

    public override WeightMap GgufWeights(DecoderSpec spec)
    {
        BlockSpec block = spec.Blocks[0];
        WeightMap map = WeightMap.Gguf().Fused("attn_qkv", ((AttentionLayerSpec)block.Mixer).FusedRows());
        return block.FeedForwardNorm is null ? map : map.Block((Role.MixerNorm, "attn_norm_2"), (Role.FeedForwardNorm, "attn_norm"));
    }
}
