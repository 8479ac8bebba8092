namespace Whorl.Models;

/// <summary>A transformer block whose weights several blocks share, in front of their mixers (Zamba2).</summary>
/// <remarks>
/// It reads the residual stream h and the embeddings e: <c>out(ff(norm(attention(norm([h, e])))))</c>, without residual additions. Its
/// result is added to what the mixer's norm reads, not to the residual stream. Roles of its weights: those of its parts,
/// and <c>shared_output</c>. Source: Glorioso et al., arXiv:2411.15242.
/// </remarks>
public sealed record SharedTransformerSpec
{
    /// <summary>The attention, over twice the residual stream's width.</summary>
    public required AttentionLayerSpec Attention { get; init; }

    /// <summary>The feed-forward layer.</summary>
    public required FeedForwardSpec FeedForward { get; init; }

    /// <summary>Norm of the attention's input.</summary>
    public required NormSpec InputNorm { get; init; }

    /// <summary>Norm of the feed-forward layer's input.</summary>
    public required NormSpec FeedForwardNorm { get; init; }
}
