namespace Whorl.Models.Families;

/// <summary>GLM-4-0414: GLM-4 with norms behind its layers too.</summary>
/// <remarks>Source: GLM team, "GLM-4-0414" (2025); transformers' modeling_glm4.py.</remarks>
internal sealed class Glm4 : Glm
{
    public override string ModelType => "glm4";

    public override DecoderSpec Read(ConfigReader config)
    {
        DecoderSpec spec = base.Read(config);
        return spec with
        {
            Blocks =
            [
                .. spec.Blocks.Select(block => block with
                {
                    MixerPostNorm = block.MixerNorm! with { Role = Role.MixerPostNorm },
                    FeedForwardPostNorm = block.MixerNorm! with { Role = Role.FeedForwardPostNorm },
                }),
            ],
        };
    }

    public override WeightMap Weights(DecoderSpec spec) => base.Weights(spec)
        .Block((Role.MixerPostNorm, "post_self_attn_layernorm"), (Role.FeedForwardPostNorm, "post_mlp_layernorm"));
}
