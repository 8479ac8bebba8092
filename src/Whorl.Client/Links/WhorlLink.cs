using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client.Links;

/// <summary>A session on the blocks of a server that speaks <c>/whorl/span/1</c>: over one stream at a time, which may break within the session's lease.</summary>
internal sealed class WhorlLink : ILink
{
    /// <summary>How long a server may take to let a session be spoken to on another stream.</summary>
    private static readonly TimeSpan AttachTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long what is there already may take to be read.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(0.5);

    private const int MostAttached = 3; // for one step: what breaks more often is no accident
    private const int MostRepeated = 4; // results that come again before a step's own

    // Such steps go from server to server: the more there is of one, the more the copy for this process weighs, and the less the way.
    private const int AlwaysPushedRows = 16, MostPushedBytes = 256 << 10;

    /// <summary>How long a server may take to link its session to another one's, whom it dials.</summary>
    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(15);

    private readonly SpanDialler _server;
    private readonly BlockHolder _holder;
    private readonly Guid? _id;
    private readonly StepWatch _watch;
    private readonly LastAnswer _answers = new();
    private PeerStream _stream;
    private SpanConnection _connection;
    private TimeSpan _lease;
    private long _number;
    private Exception? _lost;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private WhorlLink? _next; // where the server sends outputs on to
    private WhorlLink? _refused; // whom it was not linked to
    private bool _hasPushed; // the last step's output
    private WhorlLink? _before; // whose server sends steps; null where none does
    private (SpanRequest.Step Request, ReadOnlyMemory<float> Input)? _expected; // a step that another server sends; guarded by _sending

    private WhorlLink(SpanDialler server, BlockRange range, Guid? id, PeerStream stream, SpanConnection connection, TimeSpan lease)
    {
        (_server, _id, _stream, _connection, _lease) = (server, id, stream, connection, lease);
        _holder = new BlockHolder(server.Name, range);
        Holders = [_holder];
        Abilities = SpanAbilities.Truncate | SpanAbilities.Trees | SpanAbilities.EveryBlock | SpanAbilities.Exact
            | (server.Features.HasFlag(SpanFeatures.Position) ? SpanAbilities.Position : 0)
            | (lease > TimeSpan.Zero ? SpanAbilities.Attach : 0);
        _watch = new StepWatch(server.Time, ProbeAsync, () => Volatile.Read(ref _stream).Reset());
    }

    public IReadOnlyList<BlockHolder> Holders { get; }

    public int Committed { get; private set; }

    public SpanAbilities Abilities { get; }

    public bool TellsTime { get; private set; } = true;

    public (int Times, TimeSpan LastPause) Attached { get; private set; }

    /// <summary>Opens a session.</summary>
    public static async Task<WhorlLink> OpenAsync(SpanDialler server, BlockSessionOptions options, SpanContract contract, CancellationToken cancellationToken)
    {
        if (options.MaxLength > SpanWire.MaxCount)
        {
            throw new ArgumentException($"a session of {options.MaxLength} tokens is longer than a server takes, {SpanWire.MaxCount}; give a smaller context");
        }

        Guid? id = server.Features.HasFlag(SpanFeatures.Attach) ? Guid.NewGuid() : null;
        SpanRequest.Open open = new(options.Range.First, options.Range.Last, options.MaxLength, options.MaxScratch, contract.Of(options.Range).Text)
        {
            SessionId = id,
            PrefixScope = options.PrefixScope,
            HeedsMoved = server.Features.HasFlag(SpanFeatures.HandOver),
        };
        PeerStream stream = await server.DialAsync(cancellationToken);
        try
        {
            SpanConnection connection = new(stream);
            await connection.SendAsync(open, default, cancellationToken);
            return await connection.ReceiveReplyAsync(cancellationToken) switch
            {
                SpanReply.Opened opened => new WhorlLink(server, options.Range, id, stream, connection, opened.Lease),
                SpanReply.Failure failure => throw new SpanRefusedException(server.Name, options.Range, failure.Code, failure.Message),
                SpanReply other => throw new BadAnswerException(server.Name, options.Range, $"{other.GetType().Name} to the opening of a session"),
            };
        }
        catch (Exception e)
        {
            stream.Reset();
            await stream.DisposeAsync();
            if (e is FormatException)
            {
                throw new BadAnswerException(server.Name, options.Range, e.Message, e);
            }

            throw;
        }
    }

    /// <summary>Takes up a session that another server has handed to this one.</summary>
    /// <param name="server">The server.</param>
    /// <param name="range">Its blocks.</param>
    /// <param name="moved">As the other one has told.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It is not there, or has not the session.</exception>
    public static async Task<WhorlLink> FollowAsync(SpanDialler server, BlockRange range, SessionMovedException moved, CancellationToken cancellationToken)
    {
        PeerStream stream = await server.DialAsync(cancellationToken);
        try
        {
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Attach(moved.SessionId, moved.Number), default, cancellationToken);
            return await connection.ReceiveReplyAsync(cancellationToken) switch
            {
                SpanReply.Attached attached when attached.LastNumber == moved.Number =>
                    new WhorlLink(server, range, moved.SessionId, stream, connection, attached.Lease) { _number = moved.Number, Committed = moved.Committed },
                SpanReply.Failure failure => throw new SpanRefusedException(server.Name, range, failure.Code, failure.Message),
                SpanReply other => throw new BadAnswerException(server.Name, range, $"{other.GetType().Name} where a session was handed over"),
            };
        }
        catch (Exception e)
        {
            stream.Reset();
            await stream.DisposeAsync();
            if (e is FormatException)
            {
                throw new BadAnswerException(server.Name, range, e.Message, e);
            }

            throw;
        }
    }

    /// <summary>Whether the server has said that it leaves, and the session with it.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Whether the server can send outputs on to the other one's session, and does not yet.</summary>
    public bool CanLinkTo(WhorlLink next) =>
        _lost is null && next._lost is null && _next != next && _refused != next && _server.Peer.Id is not null && next._server.Peer.Id is not null
        && _server.Features.HasFlag(SpanFeatures.Push) && next._server.Features.HasFlag(SpanFeatures.Push);

    /// <summary>Lets the server before this one send steps; its turn comes with <see cref="ForwardAsync"/>. No step may be under way.</summary>
    /// <returns>Whether the server takes them.</returns>
    public async Task<bool> AcceptAsync(WhorlLink before, Guid ticket, CancellationToken cancellationToken)
    {
        bool isAccepted = await AskAsync(new SpanRequest.Accept(ticket, before._server.Peer.Id!), cancellationToken);
        _before = isAccepted ? before : _before;
        return isAccepted;
    }

    /// <summary>Has outputs sent on. No step may be under way, and both links have taken the same ones.</summary>
    /// <returns>Whether they are.</returns>
    public async Task<bool> ForwardAsync(WhorlLink next, Guid ticket, CancellationToken cancellationToken)
    {
        _next = null;
        PeerAddress peer = next._server.Peer;
        Multiaddress[] addresses = [.. peer.Addresses.Take(SpanWire.MaxAddresses)];
        if (await AskAsync(new SpanRequest.Forward(ticket, peer.Id!, addresses, next._number - _number), cancellationToken))
        {
            _next = next;
            return true;
        }

        _refused = next;
        return false;
    }

    /// <summary>Whether the output of the last step has gone on to the other link's server.</summary>
    public bool HasPushedTo(WhorlLink next) => _hasPushed && _next == next;

    /// <summary>Whether outputs go on to the other link's server.</summary>
    public bool IsLinkedTo(WhorlLink next) => _next == next;

    /// <summary>The session can go on no more: what has entered it was wrong.</summary>
    public void GiveUp(string why) => Lose(new IOException(why));

    /// <inheritdoc/>
    public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken) => StepAsync(step, isExpected: false, cancellationToken);

    /// <summary>Takes the result of a step that the server before this one has sent. Where it is long in coming the step is sent from here too: it is computed once.</summary>
    public ValueTask ExpectAsync(BlockStep step, CancellationToken cancellationToken) => StepAsync(step, isExpected: true, cancellationToken);

    private async ValueTask StepAsync(BlockStep step, bool isExpected, CancellationToken cancellationToken)
    {
        if (_lost is not null)
        {
            throw new SessionLostException(_holder.Name, _holder.Range, _lost);
        }

        Links.Abilities.Require(Abilities, step.Shape, _ => $"server {ServerName.Short(_holder.Name)}");
        _watch.Begin(step.Rows);
        bool isComputed = false;
        try
        {
            await ExchangeAsync(step, isExpected, cancellationToken);
            isComputed = true;
        }
        catch (SpanRefusedException e) when (e.Code == SpanFailureCode.BadRequest)
        {
            throw; // nothing has changed there
        }
        catch (FormatException e)
        {
            Lose(e); // where the next frame begins is not known any more
            throw new BadAnswerException(_holder.Name, _holder.Range, e.Message, e);
        }
        catch (BadAnswerException e)
        {
            Lose(e);
            throw;
        }
        catch (IOException e)
        {
            Exception why = _watch.Why is { } cut ? new TimeoutException(cut, e) : e;
            Lose(why);
            throw new SessionLostException(_holder.Name, _holder.Range, why);
        }
        catch (Exception e)
        {
            Lose(e is OperationCanceledException ? new IOException("a step was given up", e) : e);
            throw;
        }
        finally
        {
            _watch.End(isComputed && TellsTime);
        }

        Committed += step.Shape.Commits;
    }

    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        return _stream.DisposeAsync();
    }

    /// <summary>Has no more steps sent from server to server where one did not come.</summary>
    private void Unlink(WhorlLink next) => (_next, _refused) = (null, next);

    private void Lose(Exception why)
    {
        _lost = why;
        _stream.Reset();
    }

    /// <summary>Sends a step and takes its result; where the stream breaks on the way, on another one.</summary>
    private async ValueTask ExchangeAsync(BlockStep step, bool isExpected, CancellationToken cancellationToken)
    {
        for (int attached = 0; ; attached++)
        {
            try
            {
                await ExchangeOnceAsync(step, isExpected && attached == 0, cancellationToken);
                return;
            }
            catch (IOException e) when (e is not (BadAnswerException or SessionMovedException) && attached < MostAttached && _watch.Why is null && _id is not null
                && _lease > TimeSpan.Zero)
            {
                await ThrowIfMovedAsync(cancellationToken);
                long broken = _server.Time.GetTimestamp();
                if (!await TryAttachAsync(cancellationToken))
                {
                    throw;
                }

                Attached = (Attached.Times + 1, _server.Time.GetElapsedTime(broken));
            }
        }
    }

    /// <summary>Whether a step is small enough to go from server to server.</summary>
    public static bool IsPushed(BlockStep step) => step.Rows <= AlwaysPushedRows || step.Input.Length <= MostPushedBytes / sizeof(float);

    private async ValueTask ExchangeOnceAsync(BlockStep step, bool isExpected, CancellationToken cancellationToken)
    {
        long start = _server.Time.GetTimestamp(), number = _number + 1;
        SpanRequest.Step request = new(number, step.Rows, step.EveryBlock)
        {
            HasVerdict = step.HasVerdict,
            Keep = step.Keep,
            IsScratch = step.IsScratch,
            Parents = step.Parents,
            Position = Abilities.HasFlag(SpanAbilities.Position) ? step.Position ?? Committed + (step.HasVerdict ? step.Keep.Length : 0) : null,
            Push = _next is not null && step.Rows > 0 && IsPushed(step) && !step.EveryBlock,
        };
        _hasPushed = false;
        await SendAsync(request, step.Input, isExpected, cancellationToken);
        switch (await ReceiveAsync(cancellationToken))
        {
            case SpanReply.Result result when result.Number == number:
                await _connection.ReceivePayloadAsync(step.Output, cancellationToken);
                Answers.RequireFinite(_holder.Name, _holder.Range, step.Output.Span);
                _answers.RequireNew(_holder.Name, _holder.Range, step);
                (_number, _hasPushed, TellsTime) = (number, result.IsPushed, result.FoundRows == 0);
                TimeSpan total = _server.Time.GetElapsedTime(start);
                total = isExpected && total < result.Computing ? result.Computing : total; // it was under way before it was waited for
                _holder.Count(total, result.Computing < total ? result.Computing : total);
                break;
            case SpanReply.Result result:
                throw new BadAnswerException(_holder.Name, _holder.Range, $"the result of step {result.Number} to step {number}");
            case SpanReply.Failure { Code: SpanFailureCode.SessionLost } lost:
                throw new PeerStreamResetException(lost.Message); // attaching tells whether it really is
            case SpanReply.Failure failure:
                throw new SpanRefusedException(_holder.Name, _holder.Range, failure.Code, failure.Message);
            case var other:
                throw new BadAnswerException(_holder.Name, _holder.Range, $"{other.GetType().Name} to step {number}");
        }
    }

    private async ValueTask SendAsync(SpanRequest.Step request, ReadOnlyMemory<float> input, bool isExpected, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            _expected = isExpected ? (request, input) : null;
            if (!isExpected)
            {
                await _connection.SendAsync(request, input, cancellationToken);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// Looks whether the server had said that the session is elsewhere before the stream broke: what came before its end can still be read, and nothing else is waited for.
    /// </summary>
    /// <exception cref="SessionMovedException">It had.</exception>
    private async ValueTask ThrowIfMovedAsync(CancellationToken cancellationToken)
    {
        if (!_server.Features.HasFlag(SpanFeatures.HandOver))
        {
            return;
        }

        try
        {
            using CancellationTokenSource timer = new(ReadTimeout, _server.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
            await ReceiveAsync(either.Token);
        }
        catch (Exception e) when ((e is IOException and not SessionMovedException) || e is FormatException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It had not.
        }
    }

    /// <summary>The next reply that has not come before: a step that was sent from here and by another server may be answered to both.</summary>
    private async ValueTask<SpanReply> ReceiveAsync(CancellationToken cancellationToken)
    {
        for (int repeated = 0; ; repeated++)
        {
            SpanReply reply = await _connection.ReceiveReplyAsync(cancellationToken);
            if (reply is SpanReply.Moved moved && repeated < MostRepeated)
            {
                IsLeaving = moved.Peer is null ? true : throw new SessionMovedException(moved.Peer, moved.SessionId!.Value, _number, Committed);
                continue;
            }

            if (_before is null || repeated == MostRepeated || reply is not SpanReply.Result result || result.Number != _number)
            {
                return reply;
            }

            await _connection.SkipPayloadAsync(cancellationToken);
        }
    }

    /// <summary>Asks whether the server is there; a step that another one should have sent is sent before, in case it did not come.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            if (_expected is { } step)
            {
                _expected = null;
                _before!.Unlink(this);
                await _connection.SendAsync(step.Request, step.Input, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Whoever waits for the answer hears of it.
        }
        finally
        {
            _sending.Release();
        }

        await _server.ProbeAsync(cancellationToken);
    }

    /// <summary>Asks for something about the session that computes nothing.</summary>
    /// <returns>False where the server refuses, and where it is lost.</returns>
    private async Task<bool> AskAsync(SpanRequest request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(LinkTimeout, _server.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _connection.SendAsync(request, default, either.Token);
            SpanReply reply = await ReceiveAsync(either.Token);
            return reply is SpanReply.Linked || (reply is SpanReply.Failure ? false : throw new FormatException($"{reply.GetType().Name} where sessions are linked"));
        }
        catch (Exception e) when (e is IOException or FormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Lose(e); // the next step finds another server
            return false;
        }
        catch (OperationCanceledException e)
        {
            Lose(new IOException("linking sessions was given up", e));
            throw;
        }
    }

    /// <summary>Goes on with the session on another stream. The step that was under way is answered there from memory, or computed.</summary>
    /// <returns>Whether the server still has the session.</returns>
    private async ValueTask<bool> TryAttachAsync(CancellationToken cancellationToken)
    {
        TimeSpan limit = _lease < AttachTimeout ? _lease : AttachTimeout;
        PeerStream? stream = null;
        try
        {
            using CancellationTokenSource timer = new(limit, _server.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
            stream = await _server.DialAsync(either.Token);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Attach(_id!.Value, _number), default, either.Token);
            if (await connection.ReceiveReplyAsync(either.Token) is SpanReply.Attached attached && attached.LastNumber - _number is 0 or 1)
            {
                PeerStream broken = Interlocked.Exchange(ref _stream, stream);
                (_connection, _lease, stream) = (connection, attached.Lease, null);
                await broken.DisposeAsync();
                return _watch.Why is null;
            }
        }
        catch (Exception e) when (e is IOException or FormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It is not there, or has not the session any more; that the stream broke is what is told.
        }
        finally
        {
            if (stream is not null)
            {
                stream.Reset();
                await stream.DisposeAsync();
            }
        }

        return false;
    }
}
