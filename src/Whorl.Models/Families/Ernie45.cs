namespace Whorl.Models.Families;

/// <summary>ERNIE 4.5, dense: Llama whose rotary pairs lie side by side.</summary>
/// <remarks>Source: Baidu, "ERNIE 4.5 Technical Report" (2025); transformers' modeling_ernie4_5.py.</remarks>
internal sealed class Ernie45 : ModelFamily
{
    public override string ModelType => "ernie4_5";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("rope_theta", 500_000);
        config.Assume("head_dim", 128);
        bool bias = config.Flag("use_bias", false);
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            feedForward => feedForward with { Bias = bias },
            tiedHead: true,
            norm: NormConfig.RootMeanSquare(config, 1e-5));
    }

    public override WeightMap Weights(DecoderSpec spec) => Llama.Paired(WeightMap.Llama(), spec);
}
