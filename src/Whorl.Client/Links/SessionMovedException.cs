using Whorl.P2P;

namespace Whorl.Client.Links;

/// <summary>The server leaves, and another one has the session.</summary>
/// <param name="peer">Who.</param>
/// <param name="session">What it is attached to by there.</param>
/// <param name="number">The last step whose result has arrived.</param>
/// <param name="committed">Tokens that are committed.</param>
internal sealed class SessionMovedException(PeerId peer, Guid session, long number, int committed)
    : IOException($"it leaves; the session is at {PeerId.Shorten(peer.ToString())} now")
{
    public PeerId Peer => peer;

    public Guid SessionId => session;

    public long Number => number;

    public int Committed => committed;

    /// <summary>Whether a failure says so, or was caused by one that does.</summary>
    public static SessionMovedException? In(Exception? failure)
    {
        while (failure is not (null or SessionMovedException))
        {
            failure = failure.InnerException;
        }

        return (SessionMovedException?)failure;
    }
}
