namespace Whorl.Generation;

/// <summary>Tokens for a session, and where their logits go. Reusable.</summary>
public sealed class CausalStep
{
    /// <summary>Ids of the new tokens.</summary>
    public ReadOnlyMemory<int> Ids { get; set; }

    /// <summary>
    /// Receives logits, a whole number n of rows <c>[n, vocabulary]</c>: those of the last n tokens, at most as many as there are ids;
    /// empty where none are wanted.
    /// </summary>
    public Memory<float> Logits { get; set; }

    /// <summary>Whether the new tokens are scratch: a tree, or more of one; else they are committed at once.</summary>
    public bool IsScratch { get; set; }

    /// <summary>With <see cref="IsScratch"/>: the new tokens' parents as scratch numbers, -1 for the last committed token.</summary>
    public ReadOnlyMemory<int> Parents { get; set; }
}
