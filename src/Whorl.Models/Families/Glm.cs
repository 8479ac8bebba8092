namespace Whorl.Models.Families;

/// <summary>GLM-4 9B: Llama of whose heads the first half turns, in pairs that lie side by side; gate and up are one projection.</summary>
/// <remarks>Source: GLM team, arXiv:2406.12793; transformers' modeling_glm.py.</remarks>
internal class Glm : ModelFamily
{
    public override string ModelType => "glm";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("partial_rotary_factor", 0.5);
        config.Assume("head_dim", 128);
        bool bias = config.Flag("attention_bias", false);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias },
            norm: NormConfig.RootMeanSquare(config, 1.5625e-7));
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        int passing = attention.HeadSize - attention.Rope!.RotaryDimensions, size = spec.Blocks[0].FeedForward!.Size;
        return Llama.Paired(WeightMap.Llama(), spec)
            .With(source => source with { Rows = source.Rows! with { Unpaired = passing } }, Role.Query, Role.Key)
            .Fused("mlp.gate_up_proj", RowOrder.InTurn((Role.Gate, size), (Role.Up, size)));
    }
}
