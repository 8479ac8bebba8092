using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// BLOOM: ALiBi instead of positions, a norm on the embeddings, queries, keys and values fused per head, biases everywhere.
/// </summary>
/// <remarks>Source: BigScience, arXiv:2211.05100; Press et al., arXiv:2108.12409 (ALiBi); transformers' modeling_bloom.py.</remarks>
internal sealed class Bloom : ModelFamily
{
    public override string ModelType => "bloom";

    public override IReadOnlyList<string> GgufArchitectures => ["bloom"];

    public override string NameInSwarm(string repository) => repository + "-petals";

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("hidden_size|n_embed"), heads = config.Divisor("n_head|num_attention_heads", hidden);
        float epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5);
        config.Ignore(
            "attention_softmax_in_fp32", "masked_softmax_fusion", "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact", "offset_alibi");
        config.Require("num_key_value_heads", $"{heads}");
        BlockSpec block = new()
        {
            Mixer = new AttentionLayerSpec
            {
                Heads = heads,
                KeyValueHeads = heads,
                HeadSize = hidden / heads,
                AlibiSlopes = AlibiSlopes(heads),
                QueryKeyValueBias = true,
                OutputBias = true,
            },
            FeedForward = new FeedForwardSpec
            {
                Size = config.Int("n_inner|intermediate_size", 4 * hidden, minimum: 1),
                Activation = Activation.GeluTanh,
                Gated = false,
                Bias = true,
            },
            MixerNorm = Norm(Role.MixerNorm),
            FeedForwardNorm = Norm(Role.FeedForwardNorm),
            ResidualFromNorm = config.Flag("apply_residual_connection_post_layernorm", false),
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength("seq_length|max_position_embeddings"),
            TiedHead = config.Flag("tie_word_embeddings", true),
            EmbeddingNorm = Norm(Role.EmbeddingNorm),
            FinalNorm = Norm(Role.FinalNorm),
            Blocks = [.. Enumerable.Repeat(block, config.Count("n_layer|num_hidden_layers"))],
        };

        NormSpec Norm(string role) => new(role, epsilon) { IsLayerNorm = true };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        int size = attention.HeadSize;
        return new WeightMap { BlockPrefix = "h.{0}.", Prefixes = ["", "transformer."] }
            .Ends(
                (Role.Embedding, "word_embeddings"), (Role.EmbeddingNorm, "word_embeddings_layernorm"), (Role.FinalNorm, "ln_f"),
                (Role.Head, "lm_head"))
            .Block(
                (Role.MixerNorm, "input_layernorm"), (Role.Output, "self_attention.dense"),
                (Role.FeedForwardNorm, "post_attention_layernorm"),
                (Role.Up, "mlp.dense_h_to_4h"), (Role.Down, "mlp.dense_4h_to_h"))
            .Fused("self_attention.query_key_value", (Role.Query, Part(0)), (Role.Key, Part(1)), (Role.Value, Part(2)));

        RowOrder Part(int part) => new(attention.Heads, 3 * size, part * size, size);
    }

    public override WeightMap GgufWeights(DecoderSpec spec)
    {
        int hidden = spec.HiddenSize;
        return WeightMap.Gguf().Fused("attn_qkv", (Role.Query, Part(0)), (Role.Key, Part(1)), (Role.Value, Part(2)));

        RowOrder Part(int part) => RowOrder.Range(part * hidden, hidden, 3 * hidden);
    }

    /// <summary>
    /// Slopes 2^(-8i/n) for a power of two n; other numbers of heads take every other slope of twice as many for the rest.
    /// </summary>
    internal static float[] AlibiSlopes(int heads)
    {
        int power = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)heads + 1) / 2;
        return
        [
            .. Enumerable.Range(1, power).Select(i => (float)PortableMath.Pow(2, -8.0 * i / power)),
            .. Enumerable.Range(0, heads - power).Select(i => (float)PortableMath.Pow(2, -8.0 * ((2 * i) + 1) / (2 * power))),
        ];
    }
}
