using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <content>Sessions that servers which leave hand over, and clients that are told where.</content>
internal sealed partial class SpanStream
{
    private (SpanRequest.HandOver Given, HostedSession Session)? _incoming;

    /// <summary>Whether nothing has been asked yet that decides what the stream is for.</summary>
    private bool IsFresh => _session is null && _fed is null && _incoming is null;

    /// <summary>Tells the owner that the server leaves; of whoever has the session's turn.</summary>
    /// <exception cref="IOException">The stream is broken.</exception>
    public async ValueTask TellAsync(SpanReply.Moved moved, CancellationToken cancellationToken)
    {
        await _connection.SendAsync(moved, default, cancellationToken);
        if (moved.Peer is not null)
        {
            await stream.CloseWriteAsync(cancellationToken); // so that it can still be read when this server is gone
        }
    }

    /// <summary>Takes memory for a session that another server hands over: of that server's quota, until the owner comes.</summary>
    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> TakeOverAsync(SpanRequest.HandOver given)
    {
        _limit.CancelAfter(span.Limits.HandOverTime);
        SpanReply reply;
        try
        {
            CheckContract(given.Contract);
            reply = span.Memory.IsLeaving ? new SpanReply.Failure(SpanFailureCode.Leaving, SessionMemory.LeavingText)
                : stream.RemotePeer is not { } sender ? new SpanReply.Failure(SpanFailureCode.BadRequest, "nobody can be charged for the session")
                : table.Find(given.Owner, given.SessionId) is not null ? new SpanReply.Failure(SpanFailureCode.BadRequest, "the session is here already")
                : Reserve(given, sender);
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException or OverflowException)
        {
            reply = new SpanReply.Failure(SpanFailureCode.OutOfMemory, e.Message);
        }
        catch (ArgumentException e)
        {
            reply = new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message);
        }

        await _connection.SendAsync(reply, default, _limit.Token);
        return _incoming is not null;
    }

    private SpanReply.Linked Reserve(SpanRequest.HandOver given, PeerId sender)
    {
        BlockSessionOptions options = new(new BlockRange(given.FirstBlock, given.LastBlock), given.MaxLength, given.MaxScratch);
        _incoming = (given, span.OpenHandedOver(options, sender, stream.RemoteHost)); // before anything is sent, so that whatever becomes of the stream, it is closed
        return new SpanReply.Linked();
    }

    /// <summary>Receives what the session remembers, and lets its owner attach to it.</summary>
    /// <exception cref="WireFormatException">It is of another length than such a session's.</exception>
    private async ValueTask TakeStateAsync((SpanRequest.HandOver Given, HostedSession Session) incoming)
    {
        (SpanRequest.HandOver given, HostedSession session) = incoming;
        long expected = session.Cache.SavedBytes(given.Committed), bytes = (long)_connection.PayloadLength * sizeof(float);
        if (bytes != expected)
        {
            throw new WireFormatException($"{bytes} bytes of a session of {given.Committed} tokens, which has {expected}");
        }

        SpanReply reply;
        try
        {
            await session.Cache.LoadAsync(_connection.OpenPayload(), _limit.Token);
            if (session.Cache.Committed != given.Committed)
            {
                throw new WireFormatException($"a session of {session.Cache.Committed} tokens where {given.Committed} were told");
            }

            table.AddHandedOver(session, given.Owner, given.SessionId, given.LastNumber);
            _incoming = null;
            Log.SessionTakenOver(log, Log.Name(stream.RemotePeer), Log.Name(given.Owner), given.Committed);
            reply = new SpanReply.Linked();
        }
        catch (InvalidDataException e)
        {
            throw new WireFormatException(e.Message, e);
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException)
        {
            reply = new SpanReply.Failure(SpanFailureCode.OutOfMemory, e.Message);
        }
        catch (ArgumentException e)
        {
            reply = new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message);
        }

        await _connection.SendAsync(reply, default, _limit.Token);
    }

    private async ValueTask GiveUpIncomingAsync()
    {
        if (_incoming is { } incoming)
        {
            _incoming = null;
            await incoming.Session.DisposeAsync();
        }
    }

    /// <summary>Has the owner's account bear a session that another server has handed over.</summary>
    /// <returns>Whether its quota holds it.</returns>
    private bool TryCharge(SessionEntry session)
    {
        if (!session.TryBeginStep())
        {
            return false;
        }

        try
        {
            session.ChargeOwner(stream.RemoteHost);
            return true;
        }
        catch (MemoryBudgetException)
        {
            return false;
        }
        finally
        {
            session.EndStep();
        }
    }

    private SpanReply Drain() => stream.RemotePeer is { } peer && drain(peer)
        ? new SpanReply.Linked()
        : new SpanReply.Failure(
            SpanFailureCode.BadRequest,
            $"only an operator may ask this server to leave; the key that asks is {stream.RemotePeer?.ToString() ?? "unknown"}, and serve --operator did not name it");
}
