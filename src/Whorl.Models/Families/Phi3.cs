namespace Whorl.Models.Families;

/// <summary>
/// Phi-3, Phi-3.5 and Phi-4: Llama with fused projections; LongRoPE in those for long texts, partial rotation in Phi-4-mini.
/// </summary>
/// <remarks>Source: Abdin et al., arXiv:2404.14219; LongRoPE, arXiv:2402.13753; transformers' modeling_phi3.py.</remarks>
internal sealed class Phi3 : ModelFamily
{
    public override string ModelType => "phi3";

    public override IReadOnlyList<string> GgufArchitectures => ["phi3"];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("full_attn_mod", "1");
        config.Require("interpolate_factor", "1");
        config.Ignore("original_max_position_embeddings"); // read with LongRoPE, of no matter without
        return Llama.ReadKin(config, window: WindowConfig.Read(config, _ => true), norm: NormConfig.RootMeanSquare(config, 1e-5));
    }

    public override WeightMap Weights(DecoderSpec spec) => Fused(WeightMap.Llama(), spec, "self_attn.qkv_proj", "mlp.gate_up_proj");

    public override void ReadGguf(GgufConfig config) => config.DivisorsInCheckpoint();

    public override WeightMap GgufWeights(DecoderSpec spec) => Fused(WeightMap.Gguf(), spec, "attn_qkv", "ffn_up");

    private static WeightMap Fused(WeightMap map, DecoderSpec spec, string attention, string feedForward)
    {
        var mixer = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        return map
            .Fused(attention, mixer.FusedRows())
            .Fused(feedForward, RowOrder.InTurn((Role.Gate, spec.Blocks[0].FeedForward!.Size),
            (Role.Up, spec.Blocks[0].FeedForward!.Size)));
    }
}
