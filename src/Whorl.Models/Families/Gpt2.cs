namespace Whorl.Models.Families;

/// <summary>
/// GPT-2: learned positions, layer norms, one fused projection for queries, keys and values, matrices stored with their inputs as rows.
/// </summary>
/// <remarks>Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); transformers' modeling_gpt2.py.</remarks>
internal sealed class Gpt2 : ModelFamily
{
    public override string ModelType => "gpt2";

    public override IReadOnlyList<string> GgufArchitectures => ["gpt2"];

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("n_embd|hidden_size"), heads = config.Divisor("n_head|num_attention_heads", hidden);
        int blocks = config.Count("n_layer|num_hidden_layers"), positions = config.Int("n_positions|max_position_embeddings");
        config.Ignore("n_ctx", "reorder_and_upcast_attn"); // the length of the mask; an order of rounding in 16 bits
        bool scaled = config.Flag("scale_attn_weights", true), byBlock = config.Flag("scale_attn_by_inverse_layer_idx", false);
        Func<string, NormSpec> norm = NormConfig.LayerNorm(config);
        FeedForwardSpec feedForward = new()
        {
            Size = config.Int("n_inner|intermediate_size", 4 * hidden, minimum: 1),
            Activation = ActivationConfig.Read(config, "activation_function", "gelu_new"),
            Gated = false,
            Bias = true,
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = positions,
            Positions = new PositionsSpec(positions),
            TiedHead = config.Flag("tie_word_embeddings", true),
            FinalNorm = norm(Role.FinalNorm),
            Blocks =
            [
                .. Enumerable.Range(0, blocks).Select(block => new BlockSpec
                {
                    Mixer = new AttentionLayerSpec
                    {
                        Heads = heads,
                        KeyValueHeads = heads,
                        HeadSize = hidden / heads,
                        Scale = (float)((scaled ? 1 / Math.Sqrt(hidden / heads) : 1) / (byBlock ? block + 1 : 1)),
                        QueryKeyValueBias = true,
                        OutputBias = true,
                    },
                    FeedForward = feedForward,
                    MixerNorm = norm(Role.MixerNorm),
                    FeedForwardNorm = norm(Role.FeedForwardNorm),
                }),
            ],
        };
    }

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap
    {
        BlockPrefix = "h.{0}.",
        Prefixes = ["", "transformer."],
        IgnoredSuffixes = [".attn.bias", ".attn.masked_bias"], // the mask, in old checkpoints
    }
        .Ends((Role.Embedding, "wte"), (Role.Positions, "wpe"), (Role.FinalNorm, "ln_f"), (Role.Head, "lm_head"))
        .Block((Role.MixerNorm, "ln_1"), (Role.Output, "attn.c_proj"), (Role.FeedForwardNorm, "ln_2"), (Role.Up, "mlp.c_fc"),
        (Role.Down, "mlp.c_proj"))
        .Fused("attn.c_attn", ((AttentionLayerSpec)spec.Blocks[0].Mixer).FusedRows())
        .With(source => source with { Transposed = true }, Role.Query, Role.Key, Role.Value, Role.Output, Role.Up, Role.Down);

    public override WeightMap GgufWeights(DecoderSpec spec) =>
        WeightMap.Gguf().Fused("attn_qkv", ((AttentionLayerSpec)spec.Blocks[0].Mixer).FusedRows());
}
