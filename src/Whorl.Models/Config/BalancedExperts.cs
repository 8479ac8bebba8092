using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// The mixture of DeepSeek-V3 in models with another attention: scores by sigmoids, chosen with a bias that balances the experts' load,
/// beside an expert that serves every token.
/// </summary>
/// <remarks>Source: DeepSeek-AI, arXiv:2412.19437, section 2.1.2.</remarks>
internal static class BalancedExperts
{
    /// <summary>Gives the blocks behind the dense ones their experts.</summary>
    /// <param name="config">The config.</param>
    /// <param name="dense">The model without.</param>
    /// <param name="normalise">Whether the chosen scores are divided by their sum.</param>
    /// <param name="denseBlocks">How many blocks are dense where the config does not say.</param>
    public static DecoderSpec Add(ConfigReader config, DecoderSpec dense, bool normalise, int denseBlocks)
    {
        int size = config.Int("moe_intermediate_size"), blocks = dense.Blocks.Count;
        int shared = config.Int("n_shared_experts|num_shared_experts", absent: 0, minimum: 0, maximum: 64);
        int first = config.Int("first_k_dense_replace", denseBlocks, minimum: 0);
        IReadOnlyList<string>? kinds = config.Texts("mlp_layer_types");
        if (kinds is not null && (kinds.Count < blocks || kinds.Any(kind => kind is not ("dense" or "sparse"))))
        {
            throw config.Unsupported("mlp_layer_types", $"{blocks} of dense, sparse");
        }

        ExpertsSpec experts = Families.DeepSeekV2.InGroups(config, ExpertsConfig.Read(config), terms: 2) with
        {
            Score = RouterScore.Sigmoid,
            Normalise = normalise,
            HasScoreBias = true,
            Scale = (float)config.Number("routed_scaling_factor|router_scaling_factor", 1),
            SharedSize = shared * size,
        };
        return dense with
        {
            Blocks =
            [
                .. dense.Blocks.Select((block, i) => (kinds is null ? i >= first : kinds[i] == "sparse")
                    ? block with { FeedForward = block.FeedForward! with { Size = size, Experts = experts } }
                    : block),
            ],
        };
    }

    /// <summary>Adds the names on the hub, experts one by one.</summary>
    /// <param name="map">The names so far.</param>
    /// <param name="router">The router's.</param>
    /// <param name="bias">That of the bias for the choice.</param>
    /// <param name="shared">The shared expert's.</param>
    public static WeightMap Names(
        WeightMap map, string router = "mlp.gate", string bias = "mlp.gate.e_score_correction_bias", string shared = "mlp.shared_experts") =>
        map.Block(
            (Role.Router, router), (Role.ScoreBias, bias),
            (Role.ExpertGate, "mlp.experts.{1}.gate_proj"), (Role.ExpertUp, "mlp.experts.{1}.up_proj"),
            (Role.ExpertDown, "mlp.experts.{1}.down_proj"),
            (Role.SharedGate, shared + ".gate_proj"), (Role.SharedUp, shared + ".up_proj"), (Role.SharedDown, shared + ".down_proj"))
        .With(source => source with { Suffix = "" }, Role.ScoreBias);
}
