using System.Diagnostics.CodeAnalysis;

namespace Whorl.Server;

/// <summary>A stream's hold on a session: at most one stream speaks to it, the last that came.</summary>
[SuppressMessage("Design", "CA1001", Justification = "the source has no timer and no handle; it may be cancelled by one who comes late")]
internal sealed class StreamHold
{
    private readonly CancellationTokenSource _taken = new();

    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when another stream takes the session over.</summary>
    public CancellationToken Taken => _taken.Token;

    /// <summary>Completes when this stream lets go of the session.</summary>
    public Task Left => _left.Task;

    /// <summary>Another stream takes over.</summary>
    public void Take() => _taken.Cancel();

    /// <summary>This stream lets go.</summary>
    public void Leave() => _left.TrySetResult();
}
