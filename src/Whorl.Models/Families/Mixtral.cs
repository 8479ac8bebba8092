namespace Whorl.Models.Families;

/// <summary>Mixtral: Mistral whose feed-forward layer is a mixture of experts, the weights of the chosen ones renormalised.</summary>
/// <remarks>Source: Jiang et al., arXiv:2401.04088; transformers' modeling_mixtral.py. GGUF files of it say <c>llama</c>.</remarks>
internal sealed class Mixtral : ModelFamily
{
    public override string ModelType => "mixtral";

    /// <summary>Whether the GGUF file is one of 2023, with a tensor for each expert.</summary>
    public bool ExpertsApartInGguf { get; init; }

    public override string NameInSwarm(string repository) => repository;

    public override DecoderSpec Read(ConfigReader config)
    {
        int window = config.Int("sliding_window", absent: 0, minimum: 0);
        config.Assume("rope_theta", 1e6);
        config.Assume("rms_norm_eps", 1e-5);
        config.Assume("num_key_value_heads", 8);
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 8, chosen: 2) with { Normalise = true };
        return Llama.ReadKin(config, feedForward: inner => inner with { Experts = experts }, window: _ => window);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama().Block(
        (Role.Router, "block_sparse_moe.gate"), (Role.ExpertGate, "block_sparse_moe.experts.{1}.w1"),
        (Role.ExpertUp, "block_sparse_moe.experts.{1}.w3"),
        (Role.ExpertDown, "block_sparse_moe.experts.{1}.w2"));

    public override void ReadGguf(GgufConfig config)
    {
        config.DivisorsInCheckpoint();
        config.Copy("expert_count", "num_local_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
    }

    public override WeightMap GgufWeights(DecoderSpec spec)
    {
        WeightMap map = Llama.Paired(WeightMap.Gguf(), spec);
        return ExpertsApartInGguf
            ? map.Block((Role.ExpertGate, "ffn_gate.{1}"), (Role.ExpertUp, "ffn_up.{1}"), (Role.ExpertDown, "ffn_down.{1}"))
            : map;
    }
}
