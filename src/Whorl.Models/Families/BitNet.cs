namespace Whorl.Models.Families;

/// <summary>
/// BitNet b1.58: Llama with ternary weights, inputs of linear layers rounded to 8 bits, squared ReLU, and a norm before each last
/// projection.
/// </summary>
/// <remarks>
/// Source: Ma et al., arXiv:2402.17764 and arXiv:2504.12285; transformers' modeling_bitnet.py and integrations/bitnet.py.
/// </remarks>
internal sealed class BitNet : ModelFamily
{
    private static readonly string[] Projections = [Role.Query, Role.Key, Role.Value, Role.Output, Role.Gate, Role.Up, Role.Down];

    public override string ModelType => "bitnet";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rope_theta", 500_000);
        TernaryForm? form = ReadForm(config.Object("quantization_config"));
        bool rounds = form is not null, bias = config.Flag("attention_bias", false);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        DecoderSpec spec = Llama.ReadKin(
            config,
            attention => attention with
            {
                OutputNorm = norm(Role.AttentionInnerNorm),
                RoundInputs = rounds,
                QueryKeyValueBias = bias,
                OutputBias = bias,
            },
            feedForward => feedForward with
            {
                DownNorm = norm(Role.FeedForwardInnerNorm),
                RoundInputs = rounds,
                Activation = ActivationConfig.Read(config, "hidden_act", "relu2"),
            },
            norm: norm);
        return spec with { Ternary = form };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        WeightMap map = WeightMap.Llama()
            .Block((Role.AttentionInnerNorm, "self_attn.attn_sub_norm"), (Role.FeedForwardInnerNorm, "mlp.ffn_sub_norm"))
            .With(source => source with { Ternary = spec.Ternary }, Projections);
        foreach (string role in Projections)
        {
            map[role + TernaryWeights.ScaleRole] = new WeightSource(map[role].Name) { Suffix = ".weight_scale" };
        }

        return map;
    }

    private static TernaryForm? ReadForm(ConfigReader? quantisation)
    {
        if (quantisation is null)
        {
            return null;
        }

        quantisation.Require("quant_method", "bitnet");
        quantisation.Require("modules_to_not_convert", "[]", "[\"lm_head\"]"); // the head is never converted
        quantisation.Require("linear_class", "bitlinear", "autobitlinear");
        quantisation.Require("quantization_mode", "offline", "online");
        bool auto = quantisation.Text("linear_class", "bitlinear") == "autobitlinear";
        bool online = quantisation.Text("quantization_mode", "offline") == "online";
        quantisation.Require("use_rms_norm", "false");
        quantisation.Ignore("rms_norm_eps"); // of the norm that is not there
        return !auto ? TernaryForm.PackedDivided : online ? TernaryForm.Rounded : TernaryForm.PackedMultiplied;
    }
}
