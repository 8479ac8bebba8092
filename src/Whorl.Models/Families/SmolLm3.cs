namespace Whorl.Models.Families;

/// <summary>SmolLM3: Llama in which every fourth block knows no positions.</summary>
/// <remarks>
/// Source: Hugging Face, "SmolLM3" (2025); Yang et al., arXiv:2501.18795 (blocks without positions); transformers' modeling_smollm3.py.
/// </remarks>
internal sealed class SmolLm3 : ModelFamily
{
    public override string ModelType => "smollm3";

    public override IReadOnlyList<string> GgufArchitectures => ["smollm3"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rope_theta", 2_000_000);
        config.Assume("num_key_value_heads", 4);
        config.Ignore("max_window_layers"); // of Qwen2; the reference does not read it
        bool bias = config.Flag("attention_bias", false), mlpBias = config.Flag("mlp_bias", false);
        Func<int, bool> turns = Turns(config);
        Func<int, int> windows = WindowConfig.Read(config, block => !turns(block));
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Bias = mlpBias },
            window: config.Flag("use_sliding_window", false) ? windows : _ => 0,
            tiedHead: true,
            block: (i, block) => turns(i) ? block : block with { Mixer = (AttentionLayerSpec)block.Mixer with { Rope = null } });
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();

    public override WeightMap GgufWeights(DecoderSpec spec) => Llama.Paired(WeightMap.Gguf(), spec);

    /// <summary>Which blocks' queries and keys turn: those with a 1 in <c>no_rope_layers</c>, in spite of its name.</summary>
    private static Func<int, bool> Turns(ConfigReader config)
    {
        int interval = config.Int("no_rope_layer_interval", absent: 4, minimum: 1), blocks = config.Count("num_hidden_layers");
        return config.Numbers("no_rope_layers") is not { } flags ? block => (block + 1) % interval != 0
            : flags.Count >= blocks && flags.All(flag => flag is 0 or 1) ? block => flags[block] == 1
            : throw config.Unsupported("no_rope_layers", $"{blocks} of 0 and 1");
    }
}
