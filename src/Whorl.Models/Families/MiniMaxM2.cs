using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// MiniMax-M2: norms over all queries and all keys, part of each head turns; every block has experts that are scored by sigmoids, none of
/// them shared.
/// </summary>
/// <remarks>Source: MiniMax, "MiniMax-M2" (2025); transformers' modeling_minimax_m2.py.</remarks>
internal sealed class MiniMaxM2 : ModelFamily
{
    public override string ModelType => "minimax_m2";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("scoring_func", "sigmoid");
        config.Require("qk_norm_type", "per_layer");
        config.Require("shared_intermediate_size", "0");
        config.Ignore("use_mtp", "use_qk_norm", "use_routing_bias"); // the first is of further tokens; the others are always so
        if (config.Numbers("attn_type_list")?.All(type => type == 1) == false)
        {
            throw config.Unsupported("attn_type_list", "1 for every block");
        }

        if (config.Has("rotary_dim"))
        {
            config.Assume("partial_rotary_factor", config.Count("rotary_dim") / (double)config.Count("head_dim"));
        }

        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config);
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 256, chosen: 8) with
        {
            Score = RouterScore.Sigmoid,
            Normalise = true,
            HasScoreBias = true,
        };
        return Llama.ReadKin(
            config,
            attention => attention with { QueryNorm = norm(Role.QueryNorm), KeyNorm = norm(Role.KeyNorm) },
            feedForward => feedForward with { Experts = experts },
            norm: norm);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama()
        .Block(
            (Role.Router, "block_sparse_moe.gate"), (Role.ScoreBias, "block_sparse_moe.e_score_correction_bias"),
            (Role.ExpertGate, "block_sparse_moe.experts.{1}.w1"), (Role.ExpertUp, "block_sparse_moe.experts.{1}.w3"),
            (Role.ExpertDown, "block_sparse_moe.experts.{1}.w2"))
        .With(source => source with { Suffix = "" }, Role.ScoreBias);
}
