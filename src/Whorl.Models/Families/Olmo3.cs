namespace Whorl.Models.Families;

/// <summary>OLMo 3: OLMo 2 of which three in four blocks have a sliding window, and turn without the scaling for long texts.</summary>
/// <remarks>Source: OLMo team, "Olmo 3" (2025); transformers' modeling_olmo3.py.</remarks>
internal sealed class Olmo3 : ModelFamily
{
    public override string ModelType => "olmo3";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("sliding_window", 4096);
        Func<int, bool> slides = WindowConfig.Slides(config, block => (block + 1) % 4 != 0);
        Func<int, int> window = WindowConfig.Read(config, slides);
        DecoderSpec spec = Olmo2.ReadKin(config);
        RopeSpec rope = ((AttentionLayerSpec)spec.Blocks[0].Mixer).Rope!;
        RopeSpec local = RopeConfig.ReadSliding(config, rope.RotaryDimensions, rope.Theta);
        return spec with
        {
            Blocks =
            [
                .. spec.Blocks.Select((block, i) => block with
                {
                    Mixer = (AttentionLayerSpec)block.Mixer with { Window = window(i), Rope = slides(i) ? local : rope },
                }),
            ],
        };
    }

    public override WeightMap Weights(DecoderSpec spec) => Olmo2.Names();
}
