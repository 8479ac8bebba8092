using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Server;

/// <summary>A served session: caches, the answer to its last step, and the stream that speaks to it, if any does.</summary>
internal sealed class SessionEntry : IEvictable
{
    /// <summary>Bytes that a session holds beside its cache and the values of long steps: what stays of its three buffers, and its stream's own.</summary>
    public const int OwnBytes = 5 * StepBuffer.StayingBytes;

    private readonly SessionTable _table;
    private readonly HostedSpan _span;
    private readonly Lock _gate = new();
    private readonly StepBuffer _input = new();
    private readonly BlockStep _step = new();
    private readonly long _opened;
    private AnsweredStep _answer; // the last step's
    private AnsweredStep _next; // of the step under way
    private long _passing; // bytes taken for the step under way
    private StreamHold? _hold;
    private ITimer? _lease;
    private bool _isStepping;
    private bool _isOver;
    private long _lastUse;
    private Guid? _ticket;

    public SessionEntry(SessionTable table, HostedSpan span, HostedSession session, PeerId? owner, Guid? id)
    {
        (_table, _span, Session, OwnerId, Id) = (table, span, session, owner, id);
        (_answer, _next) = (new AnsweredStep(session.Account), new AnsweredStep(session.Account));
        _opened = _lastUse = span.Time.GetTimestamp();
    }

    /// <summary>Its caches.</summary>
    public HostedSession Session { get; }

    /// <summary>What its owner attaches to it by; null where it ends with its stream.</summary>
    public Guid? Id { get; }

    /// <summary>Whose it is: nobody else attaches to it. Null for this process itself, and where the transport has no identities.</summary>
    public PeerId? OwnerId { get; }

    /// <summary>Whether its client heeds that it is moved.</summary>
    public bool HeedsMoved { get; set; }

    /// <summary>Whether it is on another server now, and its client has been told: nothing is computed here any more. Of whoever has the <see cref="Turn"/>.</summary>
    public bool IsMoved { get; set; }

    /// <summary>Number of the last step that was computed; 0 before the first.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Whoever speaks to the session or for it has the turn from a request's header until its answer: its owner's stream, or the server that feeds it.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The owner's stream, on which results of steps go that others send; null while there is none. Of whoever has the <see cref="Turn"/>.</summary>
    public SpanStream? Owner { get; set; }

    /// <summary>The server that may feed the session; null where nobody may.</summary>
    public PeerId? Feeder { get; private set; }

    /// <summary>Where outputs go on to; null where they do not. Of whoever has the <see cref="Turn"/>.</summary>
    public SpanSuccessor? Next { get; private set; }

    /// <summary>How often it has been said where to. Of whoever has the <see cref="Turn"/>.</summary>
    public int Forwards { get; set; }

    /// <inheritdoc/>
    public PeerAccount Account => Session.Account;

    /// <inheritdoc/>
    public long CacheBytes => Session.ChargedBytes;

    /// <inheritdoc/>
    public long HeldBytes => Session.Cache.Bytes;

    /// <inheritdoc/>
    public bool IsDetached
    {
        get
        {
            lock (_gate)
            {
                return _hold is null;
            }
        }
    }

    /// <inheritdoc/>
    public long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Lets a stream speak to the session, once the one that did has let go of it.</summary>
    /// <returns>Its hold; null where the session is over.</returns>
    public async ValueTask<StreamHold?> AttachAsync(CancellationToken cancellationToken)
    {
        StreamHold hold = new();
        StreamHold? before;
        lock (_gate)
        {
            if (_isOver)
            {
                return null;
            }

            (before, _hold) = (_hold, hold);
            _lease?.Dispose();
            _lease = null;
        }

        if (before is not null)
        {
            before.Take();
            try
            {
                await before.Left.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Detach(hold);
                throw;
            }
        }

        return hold;
    }

    /// <summary>Makes a session that was handed over wait for its owner, for a while.</summary>
    public void AwaitOwner(long lastNumber)
    {
        (LastNumber, HeedsMoved) = (lastNumber, true);
        lock (_gate)
        {
            if (!_isOver)
            {
                _lease = _span.Time.CreateTimer(
                    static entry => _ = ((SessionEntry)entry!).ExpireAsync(), this, _span.Limits.HandedOverLease, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Has its owner's account bear it, where another peer's did; of whoever has the <see cref="Turn"/>.</summary>
    /// <param name="host">The owner's address.</param>
    /// <exception cref="MemoryBudgetException">The owner's quota does not hold it.</exception>
    public void ChargeOwner(string? host)
    {
        PeerAccount before = Account;
        if (OwnerId is null || OwnerId.Equals(before.Owner))
        {
            return;
        }

        PeerAccount account = _span.Memory.Enter(OwnerId, host, 1, CacheBytes);
        if (!_span.Memory.TryTakeStep(account, OwnBytes))
        {
            _span.Memory.Leave(account, 1, CacheBytes);
            throw new MemoryBudgetException(OwnBytes, 0, "the memory for steps is in use");
        }

        (_answer.Account, _next.Account) = (account, account); // neither is kept yet
        Session.ChargeTo(account);
        _span.Memory.GiveStep(before, OwnBytes);
        _span.Memory.Leave(before, 1, CacheBytes);
    }

    /// <summary>Lets go of a session whose stream broke: it lives on for its lease, unless another stream has taken it.</summary>
    public void Detach(StreamHold hold)
    {
        bool isAbandoned = false;
        lock (_gate)
        {
            if (_hold == hold)
            {
                _hold = null;
                if (_span.Memory.IsLeaving)
                {
                    isAbandoned = true; // whoever leaves does not wait for a client that may come back
                }
                else if (!_isOver)
                {
                    _lease = _span.Time.CreateTimer(static entry => _ = ((SessionEntry)entry!).ExpireAsync(), this, _span.Limits.Lease, Timeout.InfiniteTimeSpan);
                    Log.SessionDetached(_table.Logger, _span.Limits.Lease.TotalSeconds);
                }
            }
        }

        hold.Leave();
        if (isAbandoned)
        {
            _ = CloseAsync();
        }
    }

    /// <summary>Lets a server feed the session, and nobody else from then on.</summary>
    /// <returns>False where the session is over.</returns>
    /// <exception cref="ArgumentException">The ticket is another session's.</exception>
    public bool TryAccept(Guid ticket, PeerId peer)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return false;
            }

            if (_ticket != ticket)
            {
                _table.AddTicket(ticket, this);
                _table.RemoveTicket(_ticket);
            }

            (_ticket, Feeder) = (ticket, peer);
            return true;
        }
    }

    /// <summary>Has outputs sent on from now on; of whoever has the <see cref="Turn"/>.</summary>
    public async ValueTask SetNextAsync(SpanSuccessor? next)
    {
        SpanSuccessor? useless = next; // where the session has ended meanwhile
        lock (_gate)
        {
            if (!_isOver)
            {
                (useless, Next) = (Next, next);
            }
        }

        await DisposeAsync(useless);
    }

    /// <summary>Begins a step of the stream that holds the session.</summary>
    /// <returns>False where the session was given up.</returns>
    public bool TryBeginStep()
    {
        lock (_gate)
        {
            _isStepping = !_isOver;
            return _isStepping;
        }
    }

    /// <summary>Ends it.</summary>
    public void EndStep()
    {
        lock (_gate)
        {
            _isStepping = false;
            Volatile.Write(ref _lastUse, _span.Time.GetTimestamp());
        }
    }

    /// <summary>Takes memory for a step.</summary>
    /// <exception cref="MemoryBudgetException">There is none.</exception>
    public async ValueTask<BlockStep> PrepareAsync(int rows, bool everyBlock, CancellationToken cancellationToken)
    {
        (_step.Rows, _step.EveryBlock) = (rows, everyBlock);
        int values = rows * _span.BoundarySize, output = (int)_step.OutputLength(Session.Cache.Range.Count, _span.BoundarySize);
        long bytes = StepBuffer.PassingBytes(values) + StepBuffer.PassingBytes(output);
        if (bytes > 0)
        {
            await _span.Memory.TakeStepAsync(Account, bytes, cancellationToken);
        }

        _passing = bytes;
        try
        {
            Input = _input.Take(values);
            (_step.Input, _step.Output) = (Input, _next.Take(output));
            return _step;
        }
        catch
        {
            GiveUpStep();
            throw;
        }
    }

    /// <summary>Where the step's values are received.</summary>
    public Memory<float> Input { get; private set; }

    /// <summary>Keeps the answer of the step that was prepared, instead of the one before.</summary>
    public void Keep(long number)
    {
        _span.Memory.Withdraw(_answer);
        _span.Memory.GiveStep(Account, _answer.Drop() + _input.Release());
        (_answer, _next) = (_next, _answer);
        (_answer.Number, LastNumber, _passing) = (number, number, 0);
    }

    /// <summary>Gives the memory of a step back that was not computed; the answer before it is kept.</summary>
    public void GiveUpStep()
    {
        _input.Release();
        _next.Drop();
        _span.Memory.GiveStep(Account, _passing);
        _passing = 0;
    }

    /// <summary>Takes the last step's answer out, so that it stays while it is sent; <see cref="PutBack"/> follows.</summary>
    /// <returns>False where its memory was needed for other steps.</returns>
    public bool TryTakeAnswer(long number, out ReadOnlyMemory<float> output)
    {
        _span.Memory.Withdraw(_answer);
        output = _answer.Output;
        return _answer.Number == number;
    }

    /// <summary>Lets the answer's memory be had for other steps.</summary>
    public void PutBack()
    {
        if (StepBuffer.PassingBytes(_answer.Output.Length) > 0)
        {
            _span.Memory.Offer(_answer);
        }
    }

    /// <inheritdoc/>
    public bool TryEvict()
    {
        lock (_gate)
        {
            if (_isOver || _isStepping)
            {
                return false;
            }
        }

        Log.SessionGivenUp(_table.Logger);
        _ = CloseAsync(unlessStepping: true);
        return true;
    }

    /// <summary>Ends the session and gives everything back, once no step is under way.</summary>
    public Task CloseAsync() => CloseAsync(unlessStepping: false);

    private static ValueTask DisposeAsync(SpanSuccessor? next) => next?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ExpireAsync()
    {
        lock (_gate)
        {
            if (_hold is not null)
            {
                return; // a stream came at the same moment
            }
        }

        await CloseAsync(unlessStepping: true);
    }

    private async Task CloseAsync(bool unlessStepping)
    {
        lock (_gate)
        {
            if (_isOver || (unlessStepping && _isStepping))
            {
                return;
            }

            _isOver = true;
            _lease?.Dispose();
            _lease = null;
            _table.RemoveTicket(_ticket);
        }

        _table.Remove(this);
        await DisposeAsync(Next);
        int tokens = Session.Cache.Committed;
        await Session.DisposeAsync();
        GiveUpStep();
        _span.Memory.Withdraw(_answer);
        _span.Memory.GiveStep(Account, _answer.Drop() + OwnBytes);
        Log.SessionClosed(_table.Logger, Log.Name(OwnerId), tokens, _span.Time.GetElapsedTime(_opened).TotalSeconds, _table.Count);
    }
}
