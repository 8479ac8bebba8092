using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>One stream of <c>/whorl/span/1</c>: what it asks is done by the <see cref="SessionTable"/> and the <see cref="StepScheduler"/>.</summary>
/// <param name="span">The blocks.</param>
/// <param name="table">Sessions.</param>
/// <param name="log">What is told to the operator.</param>
/// <param name="stream">The stream.</param>
/// <param name="node">By which other servers are reached; null where no outputs go on to others.</param>
/// <param name="linking">So many sessions may be linked to other servers at once.</param>
/// <param name="drain">Asked by a peer to leave the swarm; says whether the peer may ask.</param>
/// <param name="host">Cancelled when the host closes.</param>
internal sealed partial class SpanStream(
    HostedSpan span,
    SessionTable table,
    ILogger log,
    PeerStream stream,
    IPeerHost? node,
    SemaphoreSlim linking,
    Func<PeerId, bool> drain,
    CancellationToken host) : IDisposable
{
    /// <summary>Other servers that are being dialled for clients, of all sessions together.</summary>
    public const int MostLinking = 8;

    private const int MostForwards = 64; // of a session: each is a dial that its client causes

    private static readonly TimeSpan LinkTime = TimeSpan.FromSeconds(5);

    private readonly SpanConnection _connection = new(stream);
    private readonly CancellationTokenSource _limit = new(Timeout.InfiniteTimeSpan, span.Time);
    private SessionEntry? _session;
    private SessionEntry? _fed; // whom the stream sends steps to that another peer owns
    private StreamHold? _hold;
    private CancellationTokenRegistration _takenOver;

    /// <summary>Answers until the stream ends.</summary>
    public async Task ServeAsync()
    {
        string peer = stream.RemotePeer?.ToString() ?? "a peer without id";
        CancellationTokenSource limit = _limit;
        await using CancellationTokenRegistration closing = host.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        bool isBroken = true;
        try
        {
            do
            {
                if (_incoming is null) // which has a limit of its own
                {
                    limit.CancelAfter(span.Limits.Silence); // anew with every request
                }
            }
            while (await _connection.ReceiveRequestAsync(limit.Token) is { } request && await AnswerAsync(request));
            isBroken = false;
        }
        catch (WireFormatException e)
        {
            isBroken = false;
            Log.BadRequest(log, peer, e.Message);
            throw; // the host resets the stream
        }
        catch (OperationCanceledException) when (!host.IsCancellationRequested && _hold?.Taken.IsCancellationRequested != true)
        {
            isBroken = false;
            Log.Silent(log, peer);
            throw;
        }
        finally
        {
            await LeaveAsync(isBroken && !host.IsCancellationRequested);
            await GiveUpIncomingAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limit.Dispose();

    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> AnswerAsync(SpanRequest request)
    {
        switch (request)
        {
            case SpanRequest.Describe:
                await SendInTurnAsync(Describe());
                return true;
            case SpanRequest.Open open when IsFresh:
                await OpenAsync(open);
                return true;
            case SpanRequest.Attach attach when IsFresh:
                await AttachAsync(attach);
                return true;
            case SpanRequest.HandOver given when IsFresh:
                return await TakeOverAsync(given);
            case SpanRequest.State when _incoming is { } incoming:
                await TakeStateAsync(incoming);
                return false;
            case SpanRequest.Drain:
                await SendAsync(Drain(), default);
                return true;
            case SpanRequest.Step step when (_session ?? _fed) is { } session:
                await session.Turn.WaitAsync(_limit.Token);
                try
                {
                    return await StepAsync(session, step);
                }
                finally
                {
                    session.Turn.Release();
                }

            case SpanRequest.Accept accept when _session is not null:
                await SendInTurnAsync(Accept(_session, accept));
                return true;
            case SpanRequest.Forward forward when _session is not null:
                await ForwardAsync(_session, forward);
                return true;
            case SpanRequest.Feed feed when IsFresh:
                _fed = stream.RemotePeer is { } peer ? table.FindFed(peer, feed.Ticket) : null;
                await SendAsync(_fed is null ? new SpanReply.Failure(SpanFailureCode.BadRequest, "no session here takes steps by that ticket") : new SpanReply.Linked(), default);
                return _fed is not null;
            default:
                throw new WireFormatException($"{request.GetType().Name} does not belong here");
        }
    }

    private SpanReply.Description Describe() => new(span.Range.First, span.Range.Last, span.BoundarySize, span.Contract.Text)
    {
        Features = SpanFeatures.Position | SpanFeatures.Attach | SpanFeatures.HandOver | (node is null ? 0 : SpanFeatures.Push),
    };

    private async ValueTask OpenAsync(SpanRequest.Open open)
    {
        SpanReply reply;
        try
        {
            CheckContract(open.Contract);
            if (span.Memory.IsLeaving)
            {
                await SendAsync(new SpanReply.Failure(SpanFailureCode.Leaving, SessionMemory.LeavingText), default);
                return;
            }

            BlockSessionOptions options = new(new BlockRange(open.FirstBlock, open.LastBlock), open.MaxLength, open.MaxScratch);
            HostedSession session = await span.OpenAsync(options, stream.RemotePeer, stream.RemoteHost, _limit.Token);
            try
            {
                _session = table.Add(session, open.SessionId); // before anything is sent, so that whatever becomes of it, it is closed
            }
            catch
            {
                await session.DisposeAsync();
                throw;
            }

            _session.HeedsMoved = open.HeedsMoved;
            session.UsePrefixes(open.PrefixScope.Span);
            Hold((await _session.AttachAsync(_limit.Token))!);
            _session.Owner = this;
            Log.SessionOpened(log, Log.Name(stream.RemotePeer), session.Cache.Range, open.MaxLength, table.Count);
            reply = new SpanReply.Opened(_session.Id is null ? TimeSpan.Zero : span.Limits.Lease);
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException or OverflowException)
        {
            reply = new SpanReply.Failure(SpanFailureCode.OutOfMemory, e.Message);
        }
        catch (ArgumentException e)
        {
            reply = new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message);
        }

        await SendAsync(reply, default);
    }

    /// <summary>Refuses whoever wants another contract, one with a field that is unknown here included.</summary>
    private void CheckContract(string contract)
    {
        SpanContract wanted;
        try
        {
            wanted = SpanContract.Parse(contract);
        }
        catch (FormatException e)
        {
            throw new ArgumentException(e.Message, nameof(contract), e);
        }

        if (span.Contract.Disagreement(wanted) is { } difference)
        {
            throw new ArgumentException($"the server computes by another contract: it has '{difference.Own}' where the client has '{difference.Other}'", nameof(contract));
        }
    }

    private async ValueTask AttachAsync(SpanRequest.Attach attach)
    {
        _limit.CancelAfter(span.Limits.FrameTime);
        if (stream.RemotePeer is { } owner && table.Find(owner, attach.SessionId) is { } session && await session.AttachAsync(_limit.Token) is { } hold)
        {
            _session = session;
            Hold(hold);
            await session.Turn.WaitAsync(_limit.Token); // whoever feeds the session may just do so
            try
            {
                bool isThere = session.LastNumber == attach.LastNumber;
                if (!isThere && session.LastNumber == attach.LastNumber + 1)
                {
                    isThere = session.TryTakeAnswer(session.LastNumber, out _);
                    session.PutBack();
                }

                if (isThere && TryCharge(session))
                {
                    Log.SessionAttached(log, attach.LastNumber, session.LastNumber);
                    await SendAsync(new SpanReply.Attached(session.LastNumber, span.Limits.Lease), default);
                    session.Owner = this;
                    return;
                }
            }
            finally
            {
                session.Turn.Release();
            }

            await LeaveAsync(isBroken: false); // what the client lacks is not here any more
        }

        await SendAsync(new SpanReply.Failure(SpanFailureCode.SessionLost, "there is no such session here"), default);
    }

    private static SpanReply Accept(SessionEntry session, SpanRequest.Accept accept)
    {
        try
        {
            return session.TryAccept(accept.Ticket, accept.Peer)
                ? new SpanReply.Linked()
                : new SpanReply.Failure(SpanFailureCode.SessionLost, "the session is over; open another one");
        }
        catch (ArgumentException e)
        {
            return new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message);
        }
    }

    /// <summary>Links the session to one of another server: it is dialled only where whoever asks could dial it, and gets nothing unless it has been told of the ticket.</summary>
    private async ValueTask ForwardAsync(SessionEntry session, SpanRequest.Forward forward)
    {
        SpanReply reply;
        if (node is null || session.Forwards++ >= MostForwards)
        {
            reply = new SpanReply.Failure(SpanFailureCode.BadRequest, node is null ? "outputs do not go on to other servers here" : "the session was linked too often");
        }
        else
        {
            try
            {
                reply = await LinkAsync(session, forward with { Addresses = [.. stream.Believable(forward.Addresses)] });
            }
            catch (Exception e) when (e is IOException or FormatException or ArgumentException || (e is OperationCanceledException && !_limit.IsCancellationRequested))
            {
                reply = new SpanReply.Failure(SpanFailureCode.BadRequest, $"server {Log.Name(forward.Peer)} was not linked: {PeerText.Clean(e.Message)}");
            }
        }

        await SendInTurnAsync(reply);
    }

    private async ValueTask<SpanReply> LinkAsync(SessionEntry session, SpanRequest.Forward forward)
    {
        using CancellationTokenSource time = new(LinkTime, span.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, _limit.Token);
        SpanSuccessor next;
        await linking.WaitAsync(either.Token);
        try
        {
            next = await SpanSuccessor.LinkAsync(node!, forward, either.Token);
        }
        finally
        {
            linking.Release();
        }

        await session.Turn.WaitAsync(_limit.Token);
        try
        {
            await session.SetNextAsync(next);
        }
        finally
        {
            session.Turn.Release();
        }

        return new SpanReply.Linked();
    }

    /// <returns>Whether the session can go on.</returns>
    /// <exception cref="WireFormatException">The step's number or payload is not what it must be.</exception>
    private async ValueTask<bool> StepAsync(SessionEntry session, SpanRequest.Step request)
    {
        if (_connection.PayloadLength != request.Rows * span.BoundarySize)
        {
            throw new WireFormatException($"step {request.Number} of {request.Rows} rows with {_connection.PayloadLength} values");
        }

        if (session.IsMoved)
        {
            await SkipAsync();
            return true; // its client has been told, and reads that in the answer's place
        }

        if (!session.TryBeginStep())
        {
            return await RefuseAsync(session, SpanFailureCode.SessionLost, "the session was idle and others needed its memory; open another one");
        }

        try
        {
            if (_fed is not null && request.Number <= session.LastNumber)
            {
                await SkipAsync();
                return true; // its client has carried it
            }

            if (request.Number == session.LastNumber && request.Number > 0)
            {
                await SkipAsync();
                return await SendAnswerAsync(session, new SpanReply.Result(request.Number, TimeSpan.Zero), pushed: null); // a repeated step
            }

            if (request.Number != session.LastNumber + 1)
            {
                throw new WireFormatException($"step {request.Number} after step {session.LastNumber}");
            }

            return Refusal(session.Session.Cache, request) is { } refusal ? await RefuseAsync(session, SpanFailureCode.BadRequest, refusal) : await ComputeAsync(session, request);
        }
        finally
        {
            session.EndStep();
        }
    }

    private async ValueTask<bool> ComputeAsync(SessionEntry session, SpanRequest.Step request)
    {
        BlockStep step;
        try
        {
            step = await session.PrepareAsync(request.Rows, request.EveryBlock, _limit.Token);
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException)
        {
            return await RefuseAsync(session, SpanFailureCode.OutOfMemory, e.Message);
        }

        try
        {
            LimitFrame(_connection.PayloadLength);
            await _connection.ReceivePayloadAsync(session.Input, _limit.Token);
            (step.HasVerdict, step.Keep, step.IsScratch, step.Parents) = (request.HasVerdict, request.Keep, request.IsScratch, request.Parents);
            step.Position = request.Position;
            _limit.CancelAfter(span.Limits.Silence);
            if (await TryComputeAsync(session.Session, step) is { } failure)
            {
                await AnswerAsync(session, failure, default);
                return failure.Code != SpanFailureCode.Internal;
            }

            session.Keep(request.Number);
        }
        finally
        {
            session.GiveUpStep(); // nothing where it was kept
        }

        return await SendAnswerAsync(
            session,
            new SpanReply.Result(request.Number, session.Session.LastComputing, session.Session.LastQueued) { FoundRows = session.Session.LastFound },
            request.Push && !request.EveryBlock ? request : null);
    }

    private async ValueTask<bool> SendAnswerAsync(SessionEntry session, SpanReply.Result result, SpanRequest.Step? pushed)
    {
        try
        {
            if (!session.TryTakeAnswer(result.Number, out ReadOnlyMemory<float> output))
            {
                await AnswerAsync(session, new SpanReply.Failure(SpanFailureCode.SessionLost, "the answer's memory was needed; open another session"), default);
                return false;
            }

            if (pushed is not null && session.Next is { } next)
            {
                LimitFrame(output.Length);
                result = result with { IsPushed = await next.TrySendAsync(pushed, output, _limit.Token) }; // first: the token waits for it
            }

            await AnswerAsync(session, result, output);
            return true;
        }
        finally
        {
            session.PutBack();
        }
    }

    /// <summary>What is wrong with a step's size, before memory is taken for it; null if nothing.</summary>
    private string? Refusal(SessionCache session, SpanRequest.Step request)
    {
        long rows = (long)session.MaxLength + session.MaxScratch;
        long values = (long)(request.EveryBlock ? session.Range.Count : 1) * request.Rows * span.BoundarySize;
        return request.Rows > rows ? $"a step of {request.Rows} rows in a session of at most {rows} tokens"
            : values > SpanWire.MaxPayloadBytes / sizeof(float) ? $"the answer would have {values} values; ask for fewer rows"
            : null;
    }

    /// <returns>Null where the step was computed.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "whatever goes wrong is this server's own fault, and its client must hear of it to go elsewhere")]
    private async ValueTask<SpanReply.Failure?> TryComputeAsync(HostedSession session, BlockStep step)
    {
        ValueTask computing;
        try
        {
            computing = session.StepAsync(step, host); // not given up with the stream: another one may ask for the answer
        }
        catch (ArgumentException e)
        {
            return new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message); // nothing has changed
        }
        catch (InvalidOperationException e)
        {
            return new SpanReply.Failure(SpanFailureCode.Internal, e.Message);
        }

        try
        {
            await computing;
            session.KeepPrefix();
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.NotComputed(log, e);
            return new SpanReply.Failure(SpanFailureCode.Internal, $"the server failed to compute the step ({e.GetType().Name})");
        }
    }

    private async ValueTask<bool> RefuseAsync(SessionEntry session, SpanFailureCode code, string message)
    {
        await SkipAsync();
        await AnswerAsync(session, new SpanReply.Failure(code, message), default);
        return code != SpanFailureCode.SessionLost;
    }

    private ValueTask SkipAsync()
    {
        LimitFrame(_connection.PayloadLength);
        return _connection.SkipPayloadAsync(_limit.Token);
    }

    /// <summary>Answers a step to whoever owns the session: on this stream, or where another server feeds the session on the owner's, if it has one just now.</summary>
    private async ValueTask AnswerAsync(SessionEntry session, SpanReply reply, ReadOnlyMemory<float> payload)
    {
        if (_fed is null)
        {
            await SendAsync(reply, payload);
        }
        else if (session.Owner is { } owner)
        {
            try
            {
                LimitFrame(payload.Length);
                await owner.TakeAsync(reply, payload, _limit.Token);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException || (e is OperationCanceledException && !host.IsCancellationRequested))
            {
                owner.Break(); // attached anew, it gets the answer from memory
            }
        }
    }

    /// <summary>Sends what another stream has for this one's owner, who is not silent meanwhile.</summary>
    private ValueTask TakeAsync(SpanReply reply, ReadOnlyMemory<float> payload, CancellationToken cancellationToken)
    {
        _limit.CancelAfter(span.Limits.Silence);
        return _connection.SendAsync(reply, payload, cancellationToken);
    }

    private void Break() => stream.Reset();

    /// <summary>Sends what is no answer to a step, while nobody else sends; nothing once the client has been told that the session is elsewhere.</summary>
    private async ValueTask SendInTurnAsync(SpanReply reply)
    {
        if (_session is not { } session)
        {
            await SendAsync(reply, default);
            return;
        }

        await session.Turn.WaitAsync(_limit.Token);
        try
        {
            await (session.IsMoved ? ValueTask.CompletedTask : SendAsync(reply, default));
        }
        finally
        {
            session.Turn.Release();
        }
    }

    private ValueTask SendAsync(SpanReply reply, ReadOnlyMemory<float> payload)
    {
        LimitFrame(payload.Length);
        return _connection.SendAsync(reply, payload, _limit.Token);
    }

    /// <summary>Gives a frame the time that its length takes on a slow link, so that whoever neither sends nor reads is not waited for.</summary>
    private void LimitFrame(int values) => _limit.CancelAfter(span.Limits.FrameTime + TimeSpan.FromSeconds(Math.Ceiling((double)values * sizeof(float) / span.Limits.SlowestBytes)));

    private void Hold(StreamHold hold)
    {
        _hold = hold;
        _takenOver = hold.Taken.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), _limit);
    }

    private async ValueTask LeaveAsync(bool isBroken)
    {
        if (_session is null)
        {
            return;
        }

        (SessionEntry session, StreamHold? hold) = (_session, _hold);
        await _takenOver.DisposeAsync();
        bool isTaken = hold?.Taken.IsCancellationRequested == true;
        (_session, _hold, _takenOver) = (null, null, default);
        await session.Turn.WaitAsync(CancellationToken.None); // whoever feeds the session computes no step any more, and sends none on a stream that is over
        try
        {
            session.Owner = session.Owner == this ? null : session.Owner;
            if (isTaken || (isBroken && session.Id is not null && hold is not null))
            {
                session.Detach(hold!);
            }
            else
            {
                await session.CloseAsync();
                hold?.Leave();
            }
        }
        finally
        {
            session.Turn.Release();
        }
    }
}
