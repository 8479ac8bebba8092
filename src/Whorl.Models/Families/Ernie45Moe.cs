using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>ERNIE 4.5's mixtures: softmax over all experts, chosen with a bias that balances their load; the first blocks dense.</summary>
/// <remarks>Source: Baidu, "ERNIE 4.5 Technical Report" (2025); transformers' modeling_ernie4_5_moe.py.</remarks>
internal sealed class Ernie45Moe : ModelFamily
{
    public override string ModelType => "ernie4_5_moe";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Require("moe_gate", "topk");
        config.Ignore("moe_capacity", "moe_use_aux_free", "num_nextn_predict_layers"); // of training; the bias is always there
        config.Assume("rope_theta", 500_000);
        if (config.Number("moe_norm_min", 1e-12) > 1e-9) // the least divisor of the weights; the chosen scores' sum is above it
        {
            throw config.Unsupported("moe_norm_min", "at most 1e-9");
        }

        bool bias = config.Flag("use_bias", false);
        int blocks = config.Count("num_hidden_layers"), size = config.Int("moe_intermediate_size"), count = config.Count("moe_num_experts");
        int first = config.Int("moe_layer_start_index", absent: 1, minimum: 0), step = config.Int("moe_layer_interval", absent: 1, minimum: 1);
        int last = config.Int("moe_layer_end_index", absent: blocks - 1, minimum: -1);
        int chosen = config.Int("moe_k", absent: 6, minimum: 1, maximum: count);
        ExpertsSpec experts = new()
        {
            Count = count,
            Chosen = chosen,
            Score = RouterScore.Softmax,
            Normalise = true,
            HasScoreBias = true,
            SharedSize = size * config.Int("moe_num_shared_experts", absent: 2, minimum: 0, maximum: 64),
        };
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Bias = bias },
            tiedHead: true,
            norm: NormConfig.RootMeanSquare(config, 1e-5),
            block: (i, block) => i >= first && (last == -1 || i <= last) && (i + 1) % step == 0
                ? block with { FeedForward = block.FeedForward! with { Size = size, Experts = experts } }
                : block);
    }

    public override WeightMap Weights(DecoderSpec spec) =>
        BalancedExperts.Names(Llama.Paired(WeightMap.Llama(), spec), bias: "mlp.moe_statics.e_score_correction_bias");
}
