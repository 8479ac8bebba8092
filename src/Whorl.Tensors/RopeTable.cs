namespace Whorl.Tensors;

/// <summary>What rotary position embedding turns by: a frequency for each pair of dimensions, and a factor on the result.</summary>
/// <remarks>
/// Dimensions are paired in halves: i with i + RotaryDimensions/2 (a checkpoint that pairs neighbours has its rows reordered as it is
/// loaded). The angle is <c>(float)position · frequency</c> rounded to float32, as the reference does; its sine and cosine are then exact
/// to float32. Source: Su et al., arXiv:2104.09864. Tables with the same values are equal, so that layers and sessions share what is made
/// of them.
/// </remarks>
/// <param name="frequencies">Radians per position, <c>[RotaryDimensions / 2]</c>.</param>
/// <param name="factor">Multiplies sine and cosine (YaRN's and LongRoPE's attention factor); 1 for plain RoPE.</param>
public sealed class RopeTable(ReadOnlyMemory<float> frequencies, float factor = 1) : IEquatable<RopeTable>
{
    private readonly int _hash = Hash(frequencies.Span, factor);

    /// <summary>Radians per position, <c>[RotaryDimensions / 2]</c>.</summary>
    public ReadOnlyMemory<float> Frequencies { get; } = frequencies;

    /// <summary>Multiplies sine and cosine.</summary>
    /// <value>Default 1.</value>
    public float Factor { get; } = factor;

    /// <summary>How many of a head's first dimensions turn; the rest pass unchanged.</summary>
    public int RotaryDimensions => 2 * Frequencies.Length;

    /// <summary>Whether both turn alike: the same frequencies and the same factor.</summary>
    public bool Equals(RopeTable? other) =>
        ReferenceEquals(this, other)
        || (other is not null && other._hash == _hash && other.Factor.Equals(Factor)
            && other.Frequencies.Span.SequenceEqual(Frequencies.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RopeTable);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    private static int Hash(ReadOnlySpan<float> frequencies, float factor)
    {
        HashCode hash = default;
        hash.Add(factor);
        foreach (float frequency in frequencies)
        {
            hash.Add(frequency);
        }

        return hash.ToHashCode();
    }
}
