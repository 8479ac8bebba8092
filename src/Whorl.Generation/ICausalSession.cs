namespace Whorl.Generation;

/// <summary>A text in the making: what was committed is remembered where the blocks are.</summary>
/// <remarks>One step at a time.</remarks>
public interface ICausalSession : IAsyncDisposable
{
    /// <summary>Tokens committed so far.</summary>
    int Committed { get; }

    /// <summary>Gives the model more tokens and takes logits.</summary>
    /// <param name="step">The tokens, and where the logits go. Not kept after the call.</param>
    /// <param name="cancellationToken">Stops the step; the session is then of no more use.</param>
    ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken);
}
