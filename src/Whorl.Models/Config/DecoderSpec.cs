namespace Whorl.Models;

/// <summary>What sets one family's decoder apart from another's; the shared decoder reads it.</summary>
public sealed record DecoderSpec
{
    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The blocks, in order.</summary>
    public required IReadOnlyList<BlockSpec> Blocks { get; init; }

    /// <summary>
    /// The longest text the model was made for, in tokens, as its config says it; null where it does not. <see cref="LongestText"/> looks
    /// at the rotary embedding too.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>Multiplies the embeddings.</summary>
    /// <value>Default 1.</value>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>
    /// Width of the embeddings and of the head's input where it is not the residual stream's: they are then projected in and out
    /// (roles <c>project_in</c>, <c>project_out</c>).
    /// </summary>
    public int? EmbeddingSize { get; init; }

    /// <summary>Learned positions, or null.</summary>
    public PositionsSpec? Positions { get; init; }

    /// <summary>Form of the blocks' linear layers where their weights are ternary, or null.</summary>
    public TernaryForm? Ternary { get; init; }

    /// <summary>Norm of the embeddings, or null.</summary>
    public NormSpec? EmbeddingNorm { get; init; }

    /// <summary>Norm of the last block's output, or null.</summary>
    public NormSpec? FinalNorm { get; init; }

    /// <summary>Whether the head is the embedding table; null: it is where the checkpoint has no head of its own.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Soft cap on the logits; 0 for none.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>Columns that cross block boundaries behind the residual stream (a second value that later blocks need).</summary>
    public int SideSize { get; init; }

    /// <summary>Whether the side value is the embeddings; else it is zero until a block writes it.</summary>
    public bool SideIsEmbedding { get; init; }

    /// <summary>How many sets of shared weights the blocks with <see cref="BlockSpec.Shared"/> take in turns.</summary>
    /// <value>Default 1.</value>
    public int SharedCopies { get; init; } = 1;

    /// <summary>Width of what crosses a block boundary: the residual stream, then the side value.</summary>
    public int BoundarySize => HiddenSize + SideSize;

    /// <summary>
    /// Whether frequencies depend on a session's declared length, so that sessions of unlike lengths cannot share a step.
    /// </summary>
    public bool DependsOnSessionLength =>
        Blocks.Any(b => b.Mixer.Scaling.DependsOnSessionLength || b.Shared?.Attention.Scaling.DependsOnSessionLength == true);

    /// <summary>
    /// The longest text in tokens, with what the scaling of its rotary embedding adds; null where its config does not say.
    /// </summary>
    public int? LongestText => ContextLength is { } own
        ? (int)Math.Min(Blocks.Select(b => b.Mixer.Scaling.LongestText(own)).Append(own).Max(), int.MaxValue)
        : null;

    /// <summary>Bytes of memory that a session takes in all blocks, in float32.</summary>
    /// <param name="tokens">The most tokens that it is to hold.</param>
    public long CacheBytes(int tokens) => Blocks.Sum(block =>
        block.Mixer.CacheBytes(tokens)
        + (block.Shared?.Attention.CacheBytes(tokens) ?? 0)
        + (block.FeedForward is { MixesPrevious: true } ? 4L * HiddenSize : 0));
}
