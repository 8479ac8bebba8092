namespace Whorl.Models.Families;

/// <summary>Qwen2 and Qwen2.5: Llama with biases on queries, keys and values; later blocks may have a sliding window.</summary>
/// <remarks>Source: Yang et al., arXiv:2407.10671; transformers' modeling_qwen2.py.</remarks>
internal sealed class Qwen2 : ModelFamily
{
    public override string ModelType => "qwen2";

    public override IReadOnlyList<string> GgufArchitectures => ["qwen2"];

    public override DecoderSpec Read(ConfigReader config) =>
        Llama.ReadKin(config, attention => attention with { QueryKeyValueBias = true }, window: Windows(config));

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();

    /// <summary>Windows count only with <c>use_sliding_window</c>, and then from block <c>max_window_layers</c> on.</summary>
    internal static Func<int, int> Windows(ConfigReader config)
    {
        config.Assume("sliding_window", 4096);
        int first = config.Int("max_window_layers", absent: 28, minimum: 0);
        Func<int, int> windows = WindowConfig.Read(config, block => block >= first);
        return config.Flag("use_sliding_window", false) ? windows : _ => 0;
    }
}
