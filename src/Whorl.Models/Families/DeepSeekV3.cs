using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// DeepSeek-V3 and R1: V2 whose router scores by sigmoids, with a bias that balances the experts' load, and chooses among the best groups
/// of experts.
/// </summary>
/// <remarks>
/// Source: DeepSeek-AI, arXiv:2412.19437; transformers' modeling_deepseek_v3.py. Blocks beyond <c>num_hidden_layers</c> predict further
/// tokens and are not read.
/// </remarks>
internal sealed class DeepSeekV3 : DeepSeekV2
{
    public override string ModelType => "deepseek_v3";

    public override IReadOnlyList<string> GgufArchitectures => [];

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("scoring_func", "sigmoid");
        config.Require("topk_method", "noaux_tc");
        RequireBlockScales(config.Object("quantization_config"));
        config.Assume("n_group", 8);
        config.Assume("topk_group", 4);
        config.Assume("first_k_dense_replace", 3);
        config.Assume("routed_scaling_factor", 2.5);
        bool normalise = config.Flag("norm_topk_prob", true);
        return Read(config, experts => InGroups(config, experts, terms: 2) with
        {
            Score = RouterScore.Sigmoid,
            Normalise = normalise,
            HasScoreBias = true,
        });
    }

    public override ModelFamily InGguf(GgufConfig config) => this;

    public override void ReadGguf(GgufConfig config)
    {
        base.ReadGguf(config);
        config.Set("scoring_func", "sigmoid");
        config.Set("topk_method", "noaux_tc");
        config.Assume("n_group", 1); // older files do not hold the groups
        config.Assume("topk_group", 1);
    }

    /// <summary>
    /// The published checkpoints are in 8-bit floats; they are expanded exactly, and activations are not rounded to 8 bits.
    /// </summary>
    private static void RequireBlockScales(ConfigReader? quantization)
    {
        if (quantization is null)
        {
            return;
        }

        quantization.Require("quant_method", "fp8");
        quantization.Require("fmt", "e4m3");
        quantization.Ignore("activation_scheme", "scale_fmt"); // the scales stand in the file as numbers, whatever their form
        if (quantization.Numbers("weight_block_size") is not [BlockScales.Size, BlockScales.Size])
        {
            throw quantization.Unsupported("weight_block_size", $"[{BlockScales.Size}, {BlockScales.Size}]");
        }
    }
}
