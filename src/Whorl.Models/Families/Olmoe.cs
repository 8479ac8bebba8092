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
                QueryNorm = norm("query_norm"),
                KeyNorm = norm("key_norm"),
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
        ("router", "mlp.gate"), ("expert_gate", "mlp.experts.{1}.gate_proj"), ("expert_up", "mlp.experts.{1}.up_proj"),
        ("expert_down", "mlp.experts.{1}.down_proj"),
        ("shared_router", "mlp.shared_expert_gate"), ("shared_gate", "mlp.shared_expert.gate_proj"),
        ("shared_up", "mlp.shared_expert.up_proj"),
        ("shared_down", "mlp.shared_expert.down_proj"),
    ];
}
