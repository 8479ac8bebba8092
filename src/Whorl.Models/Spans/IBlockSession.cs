namespace Whorl.Models;

/// <summary>A session on a span: what was committed is remembered there.</summary>
/// <remarks>One step at a time. Disposing frees the memory wherever it is.</remarks>
public interface IBlockSession : IAsyncDisposable
{
    /// <summary>Which blocks compute, by which holder, in order: one entry a server.</summary>
    IReadOnlyList<BlockHolder> Holders { get; }

    /// <summary>Computes new tokens.</summary>
    /// <param name="step">The tokens, and where the result goes. Not kept after the call.</param>
    /// <param name="cancellationToken">Stops waiting; the session is then of no more use.</param>
    /// <exception cref="ArgumentException">The step does not fit the session; nothing has changed.</exception>
    /// <exception cref="IOException">The holder is gone.</exception>
    ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken);
}
