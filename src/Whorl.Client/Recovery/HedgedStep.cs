using Whorl.Client.Sessions;

namespace Whorl.Client.Recovery;

/// <summary>What others have computed in a slow link's stead: all that had entered it, and the first of them the step itself.</summary>
/// <param name="Parts">In the order of their blocks; the first has the slow link's log.</param>
/// <param name="Output">The first one's answer to the step, <c>[rows, width]</c>.</param>
/// <param name="Pause">From the sending of the step to the slow link until it was sent to the first of these.</param>
/// <param name="Replay">The part of it in which tokens were computed again.</param>
/// <param name="Tokens">How many were.</param>
internal sealed record HedgedStep(SessionPart[] Parts, float[] Output, TimeSpan Pause, TimeSpan Replay, int Tokens) : IAsyncDisposable
{
    /// <summary>Closes what is not needed.</summary>
    public async ValueTask DisposeAsync() => await SessionPart.CloseAsync(Parts);
}
