namespace Whorl.Models.Families;

/// <summary>OLMo 1: Llama with layer norms that have neither gain nor bias; queries, keys and values may be clamped.</summary>
/// <remarks>Source: Groeneveld et al., arXiv:2402.00838; transformers' modeling_olmo.py.</remarks>
internal sealed class Olmo : ModelFamily
{
    private const float Epsilon = 1e-5f; // of the reference's layer norm; no key tells it

    public override string ModelType => "olmo";

    public override DecoderSpec Read(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        float clip = config.Limit("clip_qkv");
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias, ClipQueryKeyValue = clip },
            norm: role => new NormSpec(role, Epsilon) { IsLayerNorm = true, HasGain = false, HasBias = false });
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
