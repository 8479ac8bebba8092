namespace Whorl.Models;

/// <summary>Every frequency divided by one factor (position interpolation). Source: arXiv:2306.15595.</summary>
/// <param name="Divisor">What the frequencies are divided by, above 0.</param>
public sealed record LinearRope(double Divisor) : RopeScaling
{
    /// <inheritdoc/>
    public override void Apply(Span<double> frequencies, double theta, int maxLength)
    {
        foreach (ref double frequency in frequencies)
        {
            frequency /= Divisor;
        }
    }
}
