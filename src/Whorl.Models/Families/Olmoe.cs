namespace Whorl.Models.Families;

/// <summary>OLMoE: norms over the whole query and key projections, many small experts whose weights need not sum to 1.</summary>
/// <remarks>Source: Muennighoff et al., arXiv:2409.02060; transformers' modeling_olmoe.py.</remarks>
internal sealed class Olmoe : ModelFamily
{
    public override string ModelType => "olmoe";

    public override IReadOnlyList<string> GgufArchitectures => ["olmoe"];

    public override DecoderSpec Read(ConfigReader config)
    {
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        bool bias = config.Flag("attention_bias", false);
        float clip = config.Limit("clip_qkv");
        ExpertsSpec experts = ExpertsConfig.Read(config, count: 64, chosen: 8) with { Normalise = config.Flag("norm_topk_prob", false) };
        return Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                OutputBias = bias,
                QueryNorm = norm(Role.QueryNorm),
                KeyNorm = norm(Role.KeyNorm),
                ClipQueryKeyValue = clip,
            },
            inner => inner with { Experts = experts },
            norm: norm);
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama().Block(MixtureNames);

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("expert_count", "num_experts");
        config.Copy("expert_used_count", "num_experts_per_tok");
        config.Copy("attention.clamp_kqv", "clip_qkv");
    }

    /// <summary>Names of a mixture's weights that OLMoE and Qwen share.</summary>
    internal static (string Role, string Name)[] MixtureNames =>
    [
        (Role.Router, "mlp.gate"), (Role.ExpertGate, "mlp.experts.{1}.gate_proj"), (Role.ExpertUp, "mlp.experts.{1}.up_proj"),
        (Role.ExpertDown, "mlp.experts.{1}.down_proj"),
        (Role.SharedRouter, "mlp.shared_expert_gate"), (Role.SharedGate, "mlp.shared_expert.gate_proj"),
        (Role.SharedUp, "mlp.shared_expert.up_proj"),
        (Role.SharedDown, "mlp.shared_expert.down_proj"),
    ];
}
