namespace Whorl.Models.Families;

/// <summary>dots.llm1: a norm on each query and key head, and DeepSeek-V3's experts, the first blocks dense.</summary>
/// <remarks>Source: rednote-hilab, arXiv:2506.05767; transformers' modeling_dots1.py.</remarks>
internal sealed class Dots1 : ModelFamily
{
    public override string ModelType => "dots1";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("scoring_func", "noaux_tc", "sigmoid");
        config.Require("topk_method", "noaux_tc");
        config.Require("moe_layer_freq", "1");
        bool bias = config.Flag("attention_bias", false), normalise = config.Flag("norm_topk_prob", false);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config);
        int window = config.Int("sliding_window", absent: 0, minimum: 0);
        DecoderSpec dense = Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryKeyValueBias = bias,
                OutputBias = bias,
                QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
                KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
            },
            window: _ => window);
        return BalancedExperts.Add(config, dense, normalise, denseBlocks: 0);
    }

    public override WeightMap Weights(DecoderSpec spec) => BalancedExperts.Names(WeightMap.Llama());
}
