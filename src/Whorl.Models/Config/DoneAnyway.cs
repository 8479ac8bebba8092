using System.Text.Json;

namespace Whorl.Models;

/// <summary>Whether a key that nobody read asks for what the model does without it, as exporters write out what families imply.</summary>
internal static class DoneAnyway
{
    private const double Tolerance = 1e-6; // relative: a number that was rounded to float32, and written in decimal

    /// <summary>Whether it does.</summary>
    /// <param name="key">The key.</param>
    /// <param name="known">What it would change.</param>
    /// <param name="value">Its value.</param>
    /// <param name="model">What the model does.</param>
    public static bool Is(string key, KnownKey known, JsonElement value, DecoderSpec model)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number))
        {
            return false;
        }

        double[] done = known.Effect switch
        {
            KnownKeys.ScalesEmbeddings => [model.EmbeddingScale],
            KnownKeys.ScalesScores => [.. model.Blocks.Select(block => block.Mixer).Select(ScoreScale).OfType<double>()],
            KnownKeys.ScalesExperts => [.. model.Blocks.Select(block => block.FeedForward?.Experts?.Scale).OfType<float>().Select(scale => (double)scale)],
            _ => [],
        };
        double wanted = key == "query_pre_attn_scalar" ? 1 / Math.Sqrt(number) : number;
        return done.Length > 0 && Array.TrueForAll(done, scale => Math.Abs(wanted - scale) <= Tolerance * Math.Abs(scale));
    }

    private static double? ScoreScale(MixerSpec mixer) => mixer switch
    {
        AttentionLayerSpec attention => attention.Scale ?? 1 / Math.Sqrt(attention.HeadSize),
        LatentAttentionSpec latent => latent.Scale,
        _ => null,
    };
}
