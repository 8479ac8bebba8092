namespace Whorl.Models.Families;

/// <summary>Mistral 7B and Zephyr: Llama with a sliding window (v0.1) and a head size of its own (Nemo).</summary>
/// <remarks>Source: Jiang et al., arXiv:2310.06825; transformers' modeling_mistral.py. GGUF files of it say <c>llama</c>.</remarks>
internal sealed class Mistral : ModelFamily
{
    public override string ModelType => "mistral";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("sliding_window", 4096);
        int window = config.Int("sliding_window", absent: 0, minimum: 0);
        return Llama.ReadKin(config, window: _ => window);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
