namespace Whorl.Models;

/// <summary>One block: a mixer and a feed-forward layer on the residual stream, and the norms around them.</summary>
/// <remarks>
/// In a sequence: <c>h ← r + post(mixer(norm(h)))</c>, then the same with the feed-forward layer; r is h, or the norm's output where
/// <see cref="ResidualFromNorm"/>. In parallel: <c>h ← h + mixer(norm₁(h)) + ff(norm₂(h))</c>.
/// </remarks>
public sealed record BlockSpec
{
    /// <summary>Attention, or a recurrence.</summary>
    public required MixerSpec Mixer { get; init; }

    /// <summary>The feed-forward layer, or null where the block has none.</summary>
    public FeedForwardSpec? FeedForward { get; init; }

    /// <summary>A transformer block in front of the mixer, or null.</summary>
    public SharedTransformerSpec? Shared { get; init; }

    /// <summary>Norm of the residual stream itself as it enters (RWKV's first block), or null.</summary>
    public NormSpec? InputNorm { get; init; }

    /// <summary>Norm of the mixer's input, or null.</summary>
    public NormSpec? MixerNorm { get; init; }

    /// <summary>Norm of the mixer's output before it is added, or null.</summary>
    public NormSpec? MixerPostNorm { get; init; }

    /// <summary>Norm of the feed-forward layer's input, or null; in a parallel block null means the mixer's normalised input.</summary>
    public NormSpec? FeedForwardNorm { get; init; }

    /// <summary>Norm of the feed-forward layer's output before it is added, or null.</summary>
    public NormSpec? FeedForwardPostNorm { get; init; }

    /// <summary>Whether mixer and feed-forward layer both read the block's input.</summary>
    public bool Parallel { get; init; }

    /// <summary>Whether the residual is the norm's output instead of its input (BLOOM's option).</summary>
    public bool ResidualFromNorm { get; init; }

    /// <summary>Whether the norms act on the residual stream after each addition instead of before each layer (OPT-350m).</summary>
    public bool NormAfterAdd { get; init; }
}
