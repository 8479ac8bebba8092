namespace Whorl.Models.Families;

/// <summary>VaultGemma: Gemma 2 without the norms behind its layers.</summary>
/// <remarks>Source: Google, arXiv:2510.15001; transformers' modeling_vaultgemma.py.</remarks>
internal sealed class VaultGemma : ModelFamily
{
    public override string ModelType => "vaultgemma";

    public override DecoderSpec Read(ConfigReader config)
    {
        DecoderSpec spec = new Gemma2().Read(config);
        return spec with
        {
            Blocks = [.. spec.Blocks.Select(block => block with { MixerPostNorm = null, FeedForwardPostNorm = null })],
        };
    }

    public override WeightMap Weights(DecoderSpec spec) =>
        WeightMap.Llama().Block((Role.FeedForwardNorm, "pre_feedforward_layernorm"));
}
