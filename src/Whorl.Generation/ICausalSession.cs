namespace Whorl.Generation;

/// <summary>A text in the making: what was committed is remembered where the blocks are.</summary>
/// <remarks>One step at a time.</remarks>
public interface ICausalSession : IAsyncDisposable
{
    /// <summary>Tokens committed so far, those of <see cref="Settle"/> included.</summary>
    int Committed { get; }

    /// <summary>Which scratch tokens it takes.</summary>
    ScratchShape Scratch { get; }

    /// <summary>Gives the model more tokens and takes logits.</summary>
    /// <param name="step">The tokens, and where the logits go. Not kept after the call.</param>
    /// <param name="cancellationToken">Stops the step; the session is then of no more use.</param>
    ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken);

    /// <summary>Says which scratch tokens are committed; the others are forgotten. The next step carries it to wherever the blocks are.</summary>
    /// <param name="kept">Numbers of scratch tokens, a path from the root: each the parent of the next. Empty forgets all.</param>
    void Settle(ReadOnlySpan<int> kept);

    /// <summary>Logits of some tokens of the last step, such as those on a path of a tree: the head is computed for no others.</summary>
    /// <param name="tokens">Their numbers in the step, from 0, in the order in which the logits are wanted.</param>
    /// <param name="logits">Receives <c>[tokens, vocabulary]</c>.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="ArgumentException">A number is not that of a token of the last step, or the room is not theirs.</exception>
    ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken);
}
