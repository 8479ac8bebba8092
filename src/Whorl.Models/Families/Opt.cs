namespace Whorl.Models.Families;

/// <summary>
/// OPT and Galactica: learned positions behind two unused rows, biases, ReLU; the 350M has its norms behind the additions and narrow
/// embeddings.
/// </summary>
/// <remarks>Source: Zhang et al., arXiv:2205.01068; transformers' modeling_opt.py. There are no GGUF files of it.</remarks>
internal sealed class Opt : ModelFamily
{
    public override string ModelType => "opt";

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("hidden_size"), heads = config.Divisor("num_attention_heads", hidden);
        int width = config.Int("word_embed_proj_dim", hidden, minimum: 1), positions = config.Int("max_position_embeddings");
        bool bias = config.Flag("enable_bias", true), affine = config.Flag("layer_norm_elementwise_affine", true);
        bool before = config.Flag("do_layer_norm_before", true);
        bool finalNorm = before && !config.Flag("_remove_final_layer_norm", false);
        config.Require("learned_embeddings", "true");
        BlockSpec block = new()
        {
            Mixer = new AttentionLayerSpec
            {
                Heads = heads,
                KeyValueHeads = heads,
                HeadSize = hidden / heads,
                QueryKeyValueBias = bias,
                OutputBias = bias,
            },
            FeedForward = new FeedForwardSpec
            {
                Size = config.Int("ffn_dim"),
                Activation = ActivationConfig.Read(config, "activation_function", "relu"),
                Gated = false,
                Bias = bias,
            },
            MixerNorm = Norm("mixer_norm"),
            FeedForwardNorm = Norm("feed_forward_norm"),
            NormAfterAdd = !before,
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = positions,
            EmbeddingSize = width == hidden ? null : width,
            Positions = new PositionsSpec(positions, Offset: 2),
            TiedHead = config.Flag("tie_word_embeddings", true),
            FinalNorm = finalNorm ? Norm("final_norm") : null,
            Blocks = [.. Enumerable.Repeat(block, config.Count("num_hidden_layers"))],
        };

        NormSpec Norm(string role) => new(role, 1e-5f) { IsLayerNorm = true, HasGain = affine, HasBias = affine };
    }

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap { BlockPrefix = "decoder.layers.{0}.", Prefixes = ["model.", ""] }
        .Ends(
            ("embedding", "decoder.embed_tokens"), ("positions", "decoder.embed_positions"), ("project_in", "decoder.project_in"),
            ("project_out", "decoder.project_out"), ("final_norm", "decoder.final_layer_norm"), ("head", "lm_head"))
        .Block(
            ("mixer_norm", "self_attn_layer_norm"), ("query", "self_attn.q_proj"), ("key", "self_attn.k_proj"),
            ("value", "self_attn.v_proj"), ("output", "self_attn.out_proj"), ("feed_forward_norm", "final_layer_norm"), ("up", "fc1"), ("down", "fc2"));
}
