using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Rotary position embedding with its scaling for long texts.</summary>
/// <remarks>
/// Frequencies are computed in float64 and rounded to float32 once. Source: arXiv:2104.09864; each variant names its own.
/// </remarks>
public sealed record RopeSpec
{
    /// <summary>Base θ of the frequencies θ^(-2i/d).</summary>
    public required double Theta { get; init; }

    /// <summary>Dimensions of a head that turn, d; the rest pass.</summary>
    public required int RotaryDimensions { get; init; }

    /// <summary>How the frequencies change for long texts.</summary>
    public RopeScaling Scaling { get; init; } = RopeScaling.None;

    /// <summary>Whether the checkpoint may hold divisors of the frequencies (role <c>rope_divisors</c>; GGUF).</summary>
    public bool DivisorsInCheckpoint { get; init; }

    /// <summary>Whether the frequencies depend on a session's declared length.</summary>
    public bool DependsOnSessionLength => Scaling.DependsOnSessionLength;

    /// <summary>The frequencies for a session.</summary>
    /// <param name="maxLength">The session's declared length in tokens; only variants that depend on it look.</param>
    /// <param name="divisors">Divisors from the checkpoint, <c>[d/2]</c>, or empty.</param>
    public RopeTable Table(int maxLength, ReadOnlySpan<float> divisors = default)
    {
        double[] frequencies = new double[RotaryDimensions / 2];
        double theta = Scaling.Theta(Theta, RotaryDimensions, maxLength);
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = 1 / PortableMath.Pow(theta, 2.0 * i / RotaryDimensions);
        }

        Scaling.Apply(frequencies, theta, maxLength);
        float[] rounded = new float[frequencies.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)(divisors.IsEmpty ? frequencies[i] : frequencies[i] / divisors[i]);
        }

        return new RopeTable(rounded, Scaling.Factor);
    }
}
