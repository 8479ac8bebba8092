namespace Whorl.Models;

/// <summary>
/// Llama 3.1's three bands: short wavelengths stay, long ones are divided, those between are blended. Source: Llama 3.1 model card and
/// code.
/// </summary>
/// <param name="Divisor">What long wavelengths' frequencies are divided by.</param>
/// <param name="LowFrequencyFactor">Wavelengths above TrainedLength / this are long.</param>
/// <param name="HighFrequencyFactor">Wavelengths below TrainedLength / this are short.</param>
/// <param name="TrainedLength">Original context in tokens.</param>
public sealed record Llama3Rope(double Divisor, double LowFrequencyFactor, double HighFrequencyFactor, int TrainedLength) : RopeScaling
{
    /// <inheritdoc/>
    public override void Apply(Span<double> frequencies, double theta, int maxLength)
    {
        foreach (ref double frequency in frequencies)
        {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength > TrainedLength / LowFrequencyFactor)
            {
                frequency /= Divisor;
            }
            else if (wavelength >= TrainedLength / HighFrequencyFactor)
            {
                double smooth = ((TrainedLength / wavelength) - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
                frequency = ((1 - smooth) * frequency / Divisor) + (smooth * frequency);
            }
        }
    }
}
