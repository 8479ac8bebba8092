using System.Collections.Concurrent;
using System.Threading.Channels;
using Whorl.Protocol.Messages;

namespace Whorl.Server.Petals;

/// <summary>Steps that other servers push into this server's sessions.</summary>
/// <param name="memory">Where pushed steps that nobody has taken yet are counted, as their session's.</param>
internal sealed class PushInbox(SessionMemory memory)
{
    /// <summary>Pushes that one session has not yet taken; more are dropped, since the client sends each step too.</summary>
    private const int MaxWaiting = 16;

    private readonly ConcurrentDictionary<string, Inbox> _sessions = new(StringComparer.Ordinal);

    /// <summary>Opens a session's inbox.</summary>
    /// <exception cref="PetalsException">There is a session of that id.</exception>
    public Inbox Open(string sessionId, PeerAccount account)
    {
        Inbox inbox = new(memory, account);
        return _sessions.TryAdd(sessionId, inbox) ? inbox : throw new PetalsException("AssertionError", $"session id {sessionId} is not unique");
    }

    /// <summary>Closes a session's inbox.</summary>
    public void Close(string sessionId)
    {
        if (_sessions.TryRemove(sessionId, out Inbox? inbox))
        {
            inbox.Close();
        }
    }

    /// <summary>Puts a step into a session's inbox; unknown sessions and full inboxes are no error, as a push is only a hint.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="request">The step.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>Whether it was taken.</returns>
    public bool Put(string sessionId, ExpertRequest request, int bytes) => _sessions.TryGetValue(sessionId, out Inbox? inbox) && inbox.TryPut(request, bytes);

    /// <summary>One session's pushed steps.</summary>
    internal sealed class Inbox(SessionMemory memory, PeerAccount account)
    {
        private readonly Channel<(ExpertRequest Request, int Bytes)> _steps =
            Channel.CreateBounded<(ExpertRequest, int)>(new BoundedChannelOptions(MaxWaiting));

        /// <summary>Completes when there is a step; false once the inbox is closed.</summary>
        public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _steps.Reader.WaitToReadAsync(cancellationToken);

        /// <summary>Takes a step out.</summary>
        public bool TryTake(out ExpertRequest? request)
        {
            bool any = _steps.Reader.TryRead(out (ExpertRequest Request, int Bytes) step);
            request = any ? step.Request : null;
            memory.GiveStep(account, any ? step.Bytes : 0);
            return any;
        }

        /// <summary>Puts a step in, if there is room and memory.</summary>
        public bool TryPut(ExpertRequest request, int bytes)
        {
            if (!memory.TryTakeStep(account, bytes))
            {
                return false;
            }

            bool taken = _steps.Writer.TryWrite((request, bytes));
            memory.GiveStep(account, taken ? 0 : bytes);
            return taken;
        }

        /// <summary>Takes no more, and forgets what nobody took.</summary>
        public void Close()
        {
            _steps.Writer.TryComplete();
            while (TryTake(out _))
            {
            }
        }
    }
}
