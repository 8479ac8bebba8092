namespace Whorl.Models.Families;

/// <summary>OLMo 2: norms behind attention and feed-forward layer instead of before them, and on all queries and keys together.</summary>
/// <remarks>Source: OLMo team, arXiv:2501.00656; transformers' modeling_olmo2.py.</remarks>
internal sealed class Olmo2 : ModelFamily
{
    public override string ModelType => "olmo2";

    public override IReadOnlyList<string> GgufArchitectures => ["olmo2"];

    public override DecoderSpec Read(ConfigReader config) => ReadKin(config);

    public override WeightMap Weights(DecoderSpec spec) => Names();

    /// <summary>Reads the keys that OLMo 2 and 3 share.</summary>
    internal static DecoderSpec ReadKin(ConfigReader config)
    {
        bool bias = config.Flag("attention_bias", false);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        return Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryNorm = norm(Role.QueryNorm),
                KeyNorm = norm(Role.KeyNorm),
                QueryKeyValueBias = bias,
                OutputBias = bias,
            },
            norm: norm,
            block: (_, block) => block with
            {
                MixerNorm = null,
                MixerPostNorm = norm(Role.MixerPostNorm),
                FeedForwardNorm = null,
                FeedForwardPostNorm = norm(Role.FeedForwardPostNorm),
            });
    }

    /// <summary>Llama's names, and those of the norms behind the layers.</summary>
    internal static WeightMap Names() =>
        WeightMap.Llama().Block((Role.MixerPostNorm, "post_attention_layernorm"), (Role.FeedForwardPostNorm, "post_feedforward_layernorm"));
}
