namespace Whorl.Models;

/// <summary>
/// LongRoPE: each frequency has its own divisor, one list for sessions within the trained length and one beyond. Source: arXiv:2402.13753.
/// </summary>
/// <param name="ShortDivisors">
/// For sessions of at most <paramref name="TrainedLength"/> tokens; empty where the checkpoint holds them (GGUF).
/// </param>
/// <param name="LongDivisors">For longer ones.</param>
/// <param name="TrainedLength">Original context in tokens.</param>
/// <param name="AttentionFactor">Multiplies sine and cosine.</param>
public sealed record LongRope(
    IReadOnlyList<double> ShortDivisors, IReadOnlyList<double> LongDivisors, int TrainedLength, double AttentionFactor)
    : RopeScaling
{
    /// <inheritdoc/>
    public override float Factor => (float)AttentionFactor;

    /// <inheritdoc/>
    public override bool DependsOnSessionLength => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DivisorRoles => [Role.RopeDivisorsShort, Role.RopeDivisorsLong];

    /// <inheritdoc/>
    public override int DivisorsFor(int maxLength) => maxLength > TrainedLength ? 1 : 0;

    /// <inheritdoc/>
    public override int EqualLength(int maxLength) => maxLength > TrainedLength ? TrainedLength + 1 : 0;

    /// <inheritdoc/>
    public override void Apply(Span<double> frequencies, double theta, int maxLength)
    {
        IReadOnlyList<double> divisors = maxLength > TrainedLength ? LongDivisors : ShortDivisors;
        for (int i = 0; i < divisors.Count; i++)
        {
            frequencies[i] /= divisors[i];
        }
    }
}
