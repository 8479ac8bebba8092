using Whorl.Models;

namespace Whorl.Server.Petals;

/// <summary>Sequences of one length that are stepped together: a session for each.</summary>
/// <remarks>One step at a time. What each sequence computes does not depend on the others.</remarks>
internal sealed class SessionBatch : IAsyncDisposable, IEvictable
{
    private readonly HostedSpan _span;
    private readonly HostedSession[] _sessions;
    private readonly BlockStep[] _steps;
    private readonly CancellationTokenSource _evicted = new(); // has no timer and nothing to dispose
    private int _use; // 0: between steps, 1: a step is under way, 2: given up
    private long _lastUse;

    private SessionBatch(HostedSpan span, PeerAccount account, HostedSession[] sessions)
    {
        (_span, Account, _sessions) = (span, account, sessions);
        CacheBytes = sessions.Sum(session => session.ChargedBytes);
        _lastUse = span.Time.GetTimestamp();
        _steps = [.. sessions.Select(_ => new BlockStep())];
    }

    /// <summary>Tokens that each sequence remembers.</summary>
    public int Length => _sessions[0].Cache.Committed;

    /// <summary>Sequences.</summary>
    public int Count => _sessions.Length;

    /// <summary>Bytes of cache memory that the sessions take.</summary>
    public long Bytes => _sessions.Sum(session => session.Cache.Bytes);

    /// <inheritdoc/>
    public PeerAccount Account { get; }

    /// <inheritdoc/>
    public long CacheBytes { get; }

    /// <inheritdoc/>
    public long HeldBytes => Bytes;

    /// <inheritdoc/>
    public bool IsDetached => false;

    /// <inheritdoc/>
    public long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Cancelled when the batch is given up for others.</summary>
    public CancellationToken Evicted => _evicted.Token;

    /// <summary>What of <see cref="Bytes"/> is not for the tokens that were asked for: kept here for <see cref="CacheMemory"/>.</summary>
    public long SurplusBytes { get; set; }

    /// <summary>Opens the sessions.</summary>
    /// <param name="span">The blocks.</param>
    /// <param name="options">Which of them, and how long.</param>
    /// <param name="batch">How many sessions.</param>
    /// <param name="account">Whose, charged for all of them.</param>
    /// <param name="charged">Bytes that it was charged for each.</param>
    /// <exception cref="MemoryBudgetException">Not all find memory; none is open then, and the account is charged no more.</exception>
    public static async ValueTask<SessionBatch> OpenAsync(HostedSpan span, BlockSessionOptions options, int batch, PeerAccount account, long charged)
    {
        List<HostedSession> sessions = [];
        try
        {
            while (sessions.Count < batch)
            {
                sessions.Add(span.OpenCharged(options, account, charged));
            }

            return new SessionBatch(span, account, [.. sessions]);
        }
        catch
        {
            int missing = batch - sessions.Count;
            await DisposeAllAsync(sessions);
            span.Memory.Leave(account, missing, missing * charged);
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryEvict()
    {
        if (Interlocked.CompareExchange(ref _use, 2, 0) != 0)
        {
            return false;
        }

        _evicted.Cancel();
        return true;
    }

    /// <summary>Lets the sessions, new ones, take what was computed for others of their peer that began alike.</summary>
    public void UsePrefixes()
    {
        foreach (HostedSession session in _sessions)
        {
            session.UsePrefixes([]);
        }
    }

    /// <summary>Forgets the tokens from a position on.</summary>
    public void Truncate(int length)
    {
        foreach (HostedSession session in _sessions)
        {
            session.Cache.Truncate(length);
        }
    }

    /// <summary>Lets each sequence go on from the memory of another, or its own: sequence i from that of <paramref name="from"/>[i].</summary>
    public void Reorder(ReadOnlySpan<int> from)
    {
        // The first sequence that wants a memory takes it as it is; who wants the same one gets a copy, in a memory that nobody wants.
        HostedSession[] old = [.. _sessions];
        bool[] taken = new bool[old.Length];
        foreach (int source in from)
        {
            taken[source] = true;
        }

        int unwanted = 0;
        bool[] given = new bool[old.Length];
        for (int i = 0; i < from.Length; i++)
        {
            int source = from[i];
            if (!given[source])
            {
                given[source] = true;
                _sessions[i] = old[source];
                continue;
            }

            while (taken[unwanted])
            {
                unwanted++;
            }

            _sessions[i] = old[unwanted++];
            _sessions[i].LeavePrefix();
            _sessions[i].Cache.CopyFrom(old[source].Cache);
        }
    }

    /// <summary>Computes new tokens of all sequences.</summary>
    /// <param name="inputs">As many sequences as this batch has.</param>
    /// <param name="isBatch">Whether it is a pass without a session.</param>
    /// <param name="cancellationToken">Gives the step up; the batch is then of no more use.</param>
    /// <returns>What leaves the last block, <c>[batch, rows, boundary]</c>.</returns>
    public async Task<float[]> StepAsync(StepInputs inputs, bool isBatch, CancellationToken cancellationToken)
    {
        int width = _span.BoundarySize, length = inputs.Rows * width;
        float[] output = new float[inputs.Hidden.Length];
        if (length == 0)
        {
            return output;
        }

        float[][] prompts = inputs.HasPrompts ? SplitPrompts(inputs) : [];
        for (int i = 0; i < Count; i++)
        {
            BlockStep step = _steps[i];
            (step.Rows, step.Input, step.Output) = (inputs.Rows, inputs.Hidden.AsMemory(i * length, length), output.AsMemory(i * length, length));
            (step.PromptRows, step.Prompts) = (inputs.PromptRows, inputs.HasPrompts ? prompts[i % prompts.Length] : default);
        }

        await _span.StepAsync(_sessions, _steps, isBatch, cancellationToken);
        return output;
    }

    /// <summary>Begins what changes the sessions: they are not given up for others until it ends.</summary>
    /// <exception cref="PetalsException">They were given up already.</exception>
    public void BeginUse()
    {
        if (Interlocked.CompareExchange(ref _use, 1, 0) != 0)
        {
            throw GivenUp();
        }
    }

    /// <summary>Ends it.</summary>
    public void EndUse()
    {
        Volatile.Write(ref _lastUse, _span.Time.GetTimestamp());
        Interlocked.CompareExchange(ref _use, 0, 1);
    }

    /// <summary>What a client is told whose sessions were given up.</summary>
    public static PetalsException GivenUp() => new("AllocationFailed", "the session was idle and others needed its memory; open a new one");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _use, 2);
        await DisposeAllAsync(_sessions);
    }

    /// <summary>From <c>[blocks, sequences, rows, width]</c> to <c>[blocks, rows, width]</c> for each sequence.</summary>
    private float[][] SplitPrompts(StepInputs inputs)
    {
        int blocks = _sessions[0].Cache.Range.Count, length = inputs.PromptRows * _span.BoundarySize, sequences = inputs.Prompts.Length / (blocks * length);
        float[][] split = [.. Enumerable.Range(0, sequences).Select(_ => new float[blocks * length])];
        for (int block = 0; block < blocks; block++)
        {
            for (int i = 0; i < sequences; i++)
            {
                inputs.Prompts.AsSpan(((block * sequences) + i) * length, length).CopyTo(split[i].AsSpan(block * length));
            }
        }

        return split;
    }

    private static async ValueTask DisposeAllAsync(IReadOnlyList<HostedSession> sessions)
    {
        foreach (HostedSession session in sessions)
        {
            await session.DisposeAsync();
        }
    }
}
