namespace Whorl.Models.Families;

/// <summary>Llama 2 and 3, SmolLM2 and their relatives: pre-norm, rotary grouped-query attention, SwiGLU.</summary>
/// <remarks>Source: Touvron et al., arXiv:2307.09288; Grattafiori et al., arXiv:2407.21783; transformers' modeling_llama.py.</remarks>
internal sealed class Llama : ModelFamily
{
    public override string ModelType => "llama";

    public override IReadOnlyList<string> GgufArchitectures => ["llama"];

    public override string NameInSwarm(string repository)
    {
        string name = base.NameInSwarm(repository);
        return name.EndsWith("-hf", StringComparison.Ordinal) ? name : name + "-hf";
    }

    public override DecoderSpec Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false), mlpBias = config.Flag("mlp_bias", false);
        return ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Bias = mlpBias });
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();

    public override ModelFamily InGguf(GgufConfig config) => config.HasTensor("blk.0.ffn_gate_inp.weight")
        ? new Mixtral { ExpertsApartInGguf = config.HasTensor("blk.0.ffn_gate.0.weight") }
        : this;

    public override void ReadGguf(GgufConfig config)
    {
        config.DivisorsInCheckpoint();
        config.Set("attention_bias", config.HasTensor("blk.0.attn_output.bias"));
        config.Set("mlp_bias", config.HasTensor("blk.0.ffn_down.bias"));
    }

    public override WeightMap GgufWeights(DecoderSpec spec) => Paired(WeightMap.Gguf(), spec);

    /// <summary>Queries and keys whose rotary pairs are stored side by side, as GGUF's converter does and some families do.</summary>
    internal static WeightMap Paired(WeightMap map, DecoderSpec spec)
    {
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        map[Role.Query] = map[Role.Query] with { Rows = RowOrder.Paired(attention.Heads * attention.HeadSize, attention.HeadSize) };
        map[Role.Key] = map[Role.Key] with { Rows = RowOrder.Paired(attention.KeyValueHeads * attention.HeadSize, attention.HeadSize) };
        return map;
    }

    /// <summary>Reads the keys that Llama shares with the many families built on it.</summary>
    /// <param name="config">The config.</param>
    /// <param name="attention">What the family's attention has of its own.</param>
    /// <param name="feedForward">What its feed-forward layer has of its own.</param>
    /// <param name="window">The sliding window of a block, 0 for none.</param>
    /// <param name="tiedHead">Whether the head is the embedding where the config does not say.</param>
    /// <param name="norm">The norm of a role; null for root-mean-square norms.</param>
    /// <param name="block">What its blocks have of their own, by number.</param>
    internal static DecoderSpec ReadKin(
        ConfigReader config,
        Func<AttentionLayerSpec, AttentionLayerSpec>? attention = null,
        Func<FeedForwardSpec, FeedForwardSpec>? feedForward = null,
        Func<int, int>? window = null,
        bool tiedHead = false,
        Func<string, NormSpec>? norm = null,
        Func<int, BlockSpec, BlockSpec>? block = null)
    {
        int hidden = config.Int("hidden_size"), heads = config.Count("num_attention_heads");
        int headSize = config.Has("head_dim") ? config.Count("head_dim") : hidden / config.Divisor("num_attention_heads", hidden);
        norm ??= NormConfig.RootMeanSquare(config);
        block ??= (_, same) => same;
        AttentionLayerSpec mixer = new()
        {
            Heads = heads,
            KeyValueHeads = config.Divisor("num_key_value_heads", heads, absent: heads),
            HeadSize = headSize,
            Rope = RopeConfig.ReadShare(config, headSize),
        };
        FeedForwardSpec inner = new()
        {
            Size = config.Int("intermediate_size"),
            Activation = ActivationConfig.Read(config, "hidden_act|hidden_activation", "silu"),
        };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength(),
            TiedHead = config.Flag("tie_word_embeddings", tiedHead),
            FinalNorm = norm(Role.FinalNorm),
            Blocks =
            [
                .. Enumerable.Range(0, config.Count("num_hidden_layers")).Select(i => block(i, new BlockSpec
                {
                    Mixer = (attention?.Invoke(mixer) ?? mixer) with { Window = window?.Invoke(i) ?? 0 },
                    FeedForward = feedForward?.Invoke(inner) ?? inner,
                    MixerNorm = norm(Role.MixerNorm),
                    FeedForwardNorm = norm(Role.FeedForwardNorm),
                })),
            ],
        };
    }
}
