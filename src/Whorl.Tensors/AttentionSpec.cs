namespace Whorl.Tensors;

/// <summary>The shape and the variant of one attention layer.</summary>
public sealed record AttentionSpec
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>. Query head q reads key head q / (Heads / KeyValueHeads).</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one query and key head.</summary>
    public required int KeySize { get; init; }

    /// <summary>Width of one value head.</summary>
    public required int ValueSize { get; init; }

    /// <summary>Multiplies q·k; usually KeySize^-½.</summary>
    public required float Scale { get; init; }

    /// <summary>Key j is visible to query i iff <c>i - Window &lt; j ≤ i</c> (in positions).</summary>
    /// <value>Default 0: no window.</value>
    public int Window { get; init; }

    /// <summary>Scores s become <c>c · tanh(s / c)</c> before the mask.</summary>
    /// <value>Default 0: none.</value>
    public float SoftCap { get; init; }

    /// <summary>
    /// ALiBi slopes, <c>[Heads]</c>: <c>slope · key position</c> is added to the scaled score. Null for none. Source: arXiv:2108.12409.
    /// </summary>
    public Parameter? AlibiSlopes { get; init; }

    /// <summary>Falcon's form of ALiBi: slope · position is rounded to bfloat16 and is scaled with the score.</summary>
    public bool AlibiScaledInBFloat16 { get; init; }

    /// <summary>
    /// One extra logit a head, <c>[Heads]</c>, that takes part in the softmax and whose probability is dropped. Null for none.
    /// </summary>
    public Parameter? Sinks { get; init; }
}
