using System.Collections.Concurrent;
using System.Threading.Channels;
using Whorl.Protocol.Messages;

namespace Whorl.Server.Petals;

/// <summary>Steps that other servers push into this server's sessions.</summary>
internal sealed class PushInbox
{
    /// <summary>Pushes that one session has not yet taken; more are dropped, since the client sends each step too.</summary>
    private const int MaxWaiting = 16;

    private readonly ConcurrentDictionary<string, Channel<ExpertRequest>> _sessions = new(StringComparer.Ordinal);

    /// <summary>Opens a session's inbox.</summary>
    /// <exception cref="PetalsException">There is a session of that id.</exception>
    public ChannelReader<ExpertRequest> Open(string sessionId)
    {
        Channel<ExpertRequest> channel = Channel.CreateBounded<ExpertRequest>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
        return _sessions.TryAdd(sessionId, channel) ? channel.Reader : throw new PetalsException("AssertionError", $"session id {sessionId} is not unique");
    }

    /// <summary>Closes a session's inbox.</summary>
    public void Close(string sessionId) => _sessions.TryRemove(sessionId, out _);

    /// <summary>Puts a step into a session's inbox; unknown sessions and full inboxes are no error, as a push is only a hint.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool Put(string sessionId, ExpertRequest request) => _sessions.TryGetValue(sessionId, out Channel<ExpertRequest>? channel) && channel.Writer.TryWrite(request);
}
