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
            MixerNorm = Norm(Role.MixerNorm),
            FeedForwardNorm = Norm(Role.FeedForwardNorm),
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
            FinalNorm = finalNorm ? Norm(Role.FinalNorm) : null,
            Blocks = [.. Enumerable.Repeat(block, config.Count("num_hidden_layers"))],
        };

        NormSpec Norm(string role) => new(role, 1e-5f) { IsLayerNorm = true, HasGain = affine, HasBias = affine };
    }

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap { BlockPrefix = "decoder.layers.{0}.", Prefixes = ["model.", ""] }
        .Ends(
            (Role.Embedding, "decoder.embed_tokens"), (Role.Positions, "decoder.embed_positions"), (Role.ProjectIn, "decoder.project_in"),
            (Role.ProjectOut, "decoder.project_out"), (Role.FinalNorm, "decoder.final_layer_norm"), (Role.Head, "lm_head"))
        .Block(
            (Role.MixerNorm, "self_attn_layer_norm"), (Role.Query, "self_attn.q_proj"), (Role.Key, "self_attn.k_proj"),
            (Role.Value, "self_attn.v_proj"), (Role.Output, "self_attn.out_proj"), (Role.FeedForwardNorm, "final_layer_norm"),
            (Role.Up, "fc1"), (Role.Down, "fc2"));
}
