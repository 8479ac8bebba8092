namespace Whorl.Models.Families;

/// <summary>K-EXAONE: EXAONE 4.0's attention behind norms, and DeepSeek-V3's experts, the first block dense.</summary>
/// <remarks>Source: LG AI Research, "K-EXAONE Technical Report" (2026); transformers' modeling_exaone_moe.py.</remarks>
internal sealed class ExaoneMoe : ModelFamily
{
    public override string ModelType => "exaone_moe";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("scoring_func", "sigmoid");
        config.Require("topk_method", "noaux_tc");
        config.Ignore("is_moe_layer"); // says what first_k_dense_replace does; the tensors tell where it says otherwise
        config.Assume("num_shared_experts", 1);
        config.Assume("routed_scaling_factor", 2.5);
        bool normalise = config.Flag("norm_topk_prob", true);
        DecoderSpec dense = Exaone4.ReadKin(config, NormConfig.RootMeanSquare(config, 1e-5), block => block);
        return BalancedExperts.Add(config, dense, normalise, denseBlocks: 1);
    }

    public override WeightMap Weights(DecoderSpec spec) => BalancedExperts.Names(WeightMap.Llama(), bias: "mlp.e_score_correction_bias");
}
