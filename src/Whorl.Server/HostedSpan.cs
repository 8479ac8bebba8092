using Whorl.Models;
using Whorl.P2P;
using Whorl.Server.Prefixes;

namespace Whorl.Server;

/// <summary>Blocks held by this process, shared by many sessions: steps that wait at the same time are computed together.</summary>
/// <remarks>
/// A step of few rows that comes while nobody computes is computed by its caller, so that one session alone never changes threads; all others are on a
/// thread of the blocks' own. Disposing the span is the caller's, after its sessions.
/// </remarks>
public sealed class HostedSpan : IBlockSpan
{
    private const int Probe = 16; // tokens; cache memory grows in steps of so many

    private readonly DecoderSpan _span;
    private readonly Lazy<(long Fixed, long Probe, long Scratch)> _sizes;

    /// <summary>Blocks for sessions.</summary>
    /// <param name="span">The blocks.</param>
    /// <param name="budget">Memory that all sessions' caches together may take.</param>
    /// <param name="name">What it is called where holders are listed.</param>
    /// <param name="time">Measures.</param>
    /// <param name="limits">What peers may make this process hold; null for the defaults. Sessions of this process itself have no quota.</param>
    public HostedSpan(DecoderSpan span, MemoryBudget budget, string name, TimeProvider time, SessionLimits? limits = null)
    {
        (_span, Budget, Name, Time, Limits) = (span, budget, name, time, limits ?? new SessionLimits());
        Scheduler = new StepScheduler(span, time, Limits.PassBytes);
        Memory = new SessionMemory(budget, Limits, time);
        Prefixes = Limits.KeepsPrefixes ? new PrefixCache(span, budget, Limits.PeerShare) : null;
        _sizes = new(MeasureSizes);
    }

    /// <inheritdoc/>
    public BlockRange Range => _span.Range;

    /// <inheritdoc/>
    public int BoundarySize => _span.BoundarySize;

    /// <inheritdoc/>
    public SpanContract Contract => _span.Contract;

    /// <summary>Memory that all sessions' caches together may take.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>
    /// Bytes that sessions make this process hold: what their caches may take, beginnings of texts, steps on their way and kept answers, what computing them has taken, and pages
    /// that are kept for the next session.
    /// </summary>
    public long HeldBytes => Budget.Taken + Budget.Spare + Memory.StepBytes + _span.Memory.Workspace + _span.Memory.FreePages;

    internal string Name { get; }

    internal TimeProvider Time { get; }

    internal SessionLimits Limits { get; }

    internal StepScheduler Scheduler { get; }

    internal SessionMemory Memory { get; }

    /// <summary>Beginnings of texts; null where none are kept.</summary>
    internal PrefixCache? Prefixes { get; }

    /// <inheritdoc/>
    public ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Open(options));
    }

    /// <summary>Opens a session of this process.</summary>
    /// <inheritdoc cref="IBlockSpan.OpenAsync"/>
    public HostedSession Open(BlockSessionOptions options) => Open(options, Memory.Enter(null, null, 1, 0), 0);

    /// <summary>Opens a session of a peer, giving up others' that are in its way if they may be.</summary>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="owner">The peer.</param>
    /// <param name="host">Its address, as <see cref="PeerStream.RemoteHost"/> has it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The blocks are not of this span.</exception>
    /// <exception cref="MemoryBudgetException">There is no memory, or not for this peer.</exception>
    internal async ValueTask<HostedSession> OpenAsync(BlockSessionOptions options, PeerId? owner, string? host, CancellationToken cancellationToken)
    {
        Check(options);
        long bytes = SessionBytes(options);
        PeerAccount? account = null;
        bool isOpen = false, made = false;
        try
        {
            while (true)
            {
                Task closing = Memory.NextClosing; // before looking, so that no notice is missed
                try
                {
                    account ??= Memory.Enter(owner, host, 1, bytes);
                }
                catch (MemoryBudgetException) when (!made && Memory.TryEvictDetached(owner))
                {
                    // what of its quota sessions hold that nobody speaks to is given back in a moment
                }

                if (account is not null && bytes <= Budget.Free)
                {
                    HostedSession session = OpenCharged(options, account, bytes);
                    isOpen = true;
                    return session;
                }

                if (account is not null && !made && !Memory.TryMakeRoom(account, bytes))
                {
                    throw new MemoryBudgetException(bytes, Budget.Free);
                }

                made = true;
                await closing.WaitAsync(Limits.EvictionTime, Time, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            throw new MemoryBudgetException(bytes, Budget.Free);
        }
        finally
        {
            if (account is not null && !isOpen)
            {
                Memory.Leave(account, 1, bytes);
            }
        }
    }

    /// <summary>Opens a session that its account was charged for.</summary>
    internal HostedSession OpenCharged(BlockSessionOptions options, PeerAccount account, long charged) => new(this, _span.Open(options, Budget), account, charged);

    /// <summary>Opens a session that another server hands over: of the memory that is free, so that nobody's session is given up for it.</summary>
    /// <param name="options">Which blocks, and how long.</param>
    /// <param name="sender">The other server, whose quota holds it.</param>
    /// <param name="host">Its address, as <see cref="PeerStream.RemoteHost"/> has it.</param>
    /// <exception cref="ArgumentException">The blocks are not of this span.</exception>
    /// <exception cref="MemoryBudgetException">There is no memory, or not for this peer.</exception>
    internal HostedSession OpenHandedOver(BlockSessionOptions options, PeerId sender, string? host)
    {
        Check(options);
        long bytes = SessionBytes(options);
        return Open(options, Memory.Enter(sender, host, 1, bytes), bytes);
    }

    /// <summary>Takes no more sessions of peers, and waits until those under way are over.</summary>
    /// <param name="grace">How long they are waited for at most.</param>
    /// <param name="cancellationToken">Waits no longer.</param>
    /// <returns>How many are still open.</returns>
    public async Task<int> LeaveAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        Memory.Close();
        using CancellationTokenSource over = new(grace, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        Task timeIsUp = Task.Delay(Timeout.InfiniteTimeSpan, Time, either.Token);
        while (true)
        {
            Task closing = Memory.NextClosing; // before looking, so that no notice is missed
            int open = Memory.Sessions;
            if (open == 0 || either.IsCancellationRequested)
            {
                return open;
            }

            await Task.WhenAny(closing, timeIsUp);
        }
    }

    /// <summary>Sessions of peers that are open.</summary>
    public int PeerSessions => Memory.Sessions;

    /// <summary>Takes a step in each of several sessions, together as far as memory allows: a batch of sequences.</summary>
    /// <param name="sessions">Unlike sessions of this span, without a step under way.</param>
    /// <param name="steps">A step for each; none must change before the result is there.</param>
    /// <exception cref="ArgumentException">A step does not fit its session; nothing has changed.</exception>
    public Task StepAsync(IReadOnlyList<HostedSession> sessions, IReadOnlyList<BlockStep> steps) => StepAsync(sessions, steps, isBatch: false, CancellationToken.None);

    internal async Task StepAsync(IReadOnlyList<HostedSession> sessions, IReadOnlyList<BlockStep> steps, bool isBatch, CancellationToken cancellationToken)
    {
        for (int i = 0; i < sessions.Count; i++)
        {
            Check(sessions[i], steps[i]);
        }

        Task[] results = new Task[sessions.Count];
        for (int i = 0; i < sessions.Count; i++)
        {
            StepPriority priority = isBatch ? StepPriority.Batch : steps[i].Rows <= StepScheduler.DecodeRows ? StepPriority.Decode : StepPriority.Prefill;
            results[i] = sessions[i].BeginAsync(steps[i], priority, cancellationToken).AsTask();
        }

        Scheduler.Submit(sessions);
        foreach (HostedSession session in sessions)
        {
            session.CancelWith(cancellationToken);
        }

        await Task.WhenAll(results);
        foreach (HostedSession session in sessions)
        {
            session.KeepPrefix();
        }
    }

    /// <summary>Bytes that a session's cache takes at most.</summary>
    internal long SessionBytes(BlockSessionOptions options)
    {
        (long fixedBytes, long probe, long scratch) = _sizes.Value;
        return checked(fixedBytes + (Probes(options.MaxLength) * probe) + (Probes(options.MaxScratch) * scratch)) / Range.Count * options.Range.Count;
    }

    /// <summary>Bytes of a token in one block, as Petals counts; for models whose memory does not grow, 1.</summary>
    internal long BytesPerToken => Math.Max(1, _sizes.Value.Probe / Probe / Range.Count);

    internal void Check(HostedSession session, BlockStep step) => _span.Check(session.Cache, step);

    internal void Closed(HostedSession session)
    {
        Memory.Leave(session.Account, 1, session.ChargedBytes);
        Memory.Closed();
    }

    private HostedSession Open(BlockSessionOptions options, PeerAccount account, long charged)
    {
        try
        {
            return OpenCharged(options, account, charged);
        }
        catch
        {
            Memory.Leave(account, 1, charged);
            throw;
        }
    }

    private void Check(BlockSessionOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Range.First, Range.First, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Range.Last, Range.Last, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLength, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxScratch, nameof(options));
    }

    private (long Fixed, long Probe, long Scratch) MeasureSizes()
    {
        long one = MeasureCache(Probe, 0), probe = MeasureCache(2 * Probe, 0) - one;
        return (one - probe, probe, MeasureCache(Probe, Probe) - one);
    }

    private long MeasureCache(int tokens, int scratch)
    {
        using SessionCache cache = _span.Open(new BlockSessionOptions(Range, tokens, scratch));
        return cache.Bytes;
    }

    private static long Probes(int tokens) => (tokens + Probe - 1L) / Probe;
}
