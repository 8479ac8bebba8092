namespace Whorl.Models.Families;

/// <summary>
/// EXAONE 4.0: norms behind attention and feed-forward layer, and on each query and key head. In the 32B three in four blocks have a
/// window, and only those turn.
/// </summary>
/// <remarks>Source: LG AI Research, arXiv:2507.11407; transformers' modeling_exaone4.py.</remarks>
internal sealed class Exaone4 : ModelFamily
{
    public override string ModelType => "exaone4";

    public override DecoderSpec Read(ConfigReader config)
    {
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        return ReadKin(config, norm, block => block with
        {
            MixerNorm = null,
            MixerPostNorm = norm(Role.MixerPostNorm),
            FeedForwardNorm = null,
            FeedForwardPostNorm = norm(Role.FeedForwardPostNorm),
        });
    }

    public override WeightMap Weights(DecoderSpec spec) => Olmo2.Names();

    /// <summary>Reads the attention that EXAONE's dense models and its mixtures share.</summary>
    /// <param name="config">The config.</param>
    /// <param name="norm">The norm of a role.</param>
    /// <param name="shape">What the family's blocks have of their own.</param>
    internal static DecoderSpec ReadKin(ConfigReader config, Func<string, NormSpec> norm, Func<BlockSpec, BlockSpec> shape)
    {
        config.Assume("sliding_window", 4096);
        Func<int, bool> slides = WindowConfig.Slides(config, block => (block + 1) % 4 != 0);
        Func<int, int> window = WindowConfig.Read(config, slides);
        bool windows = config.Has("sliding_window"); // without, every block sees all and turns
        return Llama.ReadKin(
            config,
            attention => attention with
            {
                QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
                KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
            },
            window: window,
            norm: norm,
            block: (i, block) => shape(!windows || slides(i)
                ? block
                : block with { Mixer = (AttentionLayerSpec)block.Mixer with { Rope = null } }));
    }
}
