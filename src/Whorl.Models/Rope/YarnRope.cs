using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// YaRN: fast dimensions stay, slow ones are divided, a ramp between; sine and cosine are scaled. Source: arXiv:2309.00071.
/// </summary>
/// <param name="Divisor">What slow dimensions' frequencies are divided by.</param>
/// <param name="TrainedLength">Original context in tokens.</param>
/// <param name="AttentionFactor">Multiplies sine and cosine.</param>
public sealed record YarnRope(double Divisor, int TrainedLength, double AttentionFactor) : RopeScaling
{
    /// <summary>Rotations over the trained length above which a dimension stays as it is.</summary>
    /// <value>Default 32.</value>
    public double BetaFast { get; init; } = 32;

    /// <summary>Rotations below which a dimension is wholly divided.</summary>
    /// <value>Default 1.</value>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Whether the ends of the ramp are whole dimensions.</summary>
    /// <value>Default true.</value>
    public bool Truncate { get; init; } = true;

    /// <inheritdoc/>
    public override float Factor => (float)AttentionFactor;

    /// <inheritdoc/>
    public override double LongestText(int contextLength) => Math.Max(contextLength, TrainedLength * Divisor);

    /// <inheritdoc/>
    public override void Apply(Span<double> frequencies, double theta, int maxLength)
    {
        int dimensions = 2 * frequencies.Length;
        double low = Dimension(BetaFast), high = Dimension(BetaSlow);
        if (Truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        if (low == high)
        {
            high += 0.001; // the reference's guard against a ramp of no length
        }

        for (int i = 0; i < frequencies.Length; i++)
        {
            double divided = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = (frequencies[i] / Divisor * divided) + (frequencies[i] * (1 - divided));
        }

        double Dimension(double rotations) =>
            dimensions * PortableMath.Log(TrainedLength / (rotations * 2 * Math.PI)) / (2 * PortableMath.Log(theta));
    }
}
