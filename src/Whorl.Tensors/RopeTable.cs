namespace Whorl.Tensors;

/// <summary>What rotary position embedding turns by: a frequency for each pair of dimensions, and a factor on the result.</summary>
/// <remarks>
/// Dimensions are paired in halves: i with i + RotaryDimensions/2 (a checkpoint that pairs neighbours has its rows reordered as it is loaded).
/// The angle is <c>(float)position · frequency</c> rounded to float32, as the reference does; its sine and cosine are then exact to float32.
/// Source: Su et al., arXiv:2104.09864.
/// </remarks>
/// <param name="frequencies">Radians per position, <c>[RotaryDimensions / 2]</c>.</param>
/// <param name="factor">Multiplies sine and cosine (YaRN's and LongRoPE's attention factor); 1 for plain RoPE.</param>
public sealed class RopeTable(ReadOnlyMemory<float> frequencies, float factor = 1)
{
    /// <summary>Radians per position, <c>[RotaryDimensions / 2]</c>.</summary>
    public ReadOnlyMemory<float> Frequencies { get; } = frequencies;

    /// <summary>Multiplies sine and cosine.</summary>
    /// <value>Default 1.</value>
    public float Factor { get; } = factor;

    /// <summary>How many of a head's first dimensions turn; the rest pass unchanged.</summary>
    public int RotaryDimensions => 2 * Frequencies.Length;
}
