using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Whorl.Models;

namespace Whorl.Server;

/// <summary>Blocks held by this process, shared by many sessions: steps that wait at the same time are computed together.</summary>
/// <remarks>
/// Who brings a step while nobody computes, computes: his own and all that came meanwhile. So one session alone never changes threads,
/// and a crowd shares every pass over the weights. Disposing the span is the caller's, after its sessions.
/// </remarks>
/// <param name="span">The blocks.</param>
/// <param name="contract">What decides the bytes it computes.</param>
/// <param name="budget">Memory that all sessions together may take.</param>
/// <param name="name">What it is called where holders are listed.</param>
/// <param name="time">Measures.</param>
public sealed class HostedSpan(DecoderSpan span, SpanContract contract, MemoryBudget budget, string name, TimeProvider time) : IBlockSpan
{
    /// <summary>Rows computed together at most; what waits beyond is computed next.</summary>
    private const int MaxRowsTogether = 1024;

    private readonly ConcurrentQueue<HostedSession> _waiting = new();
    private readonly List<HostedSession> _batch = [];
    private readonly List<SessionCache> _caches = [];
    private readonly List<BlockStep> _steps = [];
    private HostedSession? _heldBack;
    private int _computing;
    private volatile TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public BlockRange Range => span.Range;

    /// <inheritdoc/>
    public int BoundarySize => span.BoundarySize;

    /// <inheritdoc/>
    public SpanContract Contract => contract;

    /// <summary>Memory that all sessions together may take.</summary>
    public MemoryBudget Budget => budget;

    internal string Name => name;

    internal TimeProvider Time => time;

    /// <summary>Completes when the next session, whoever's, has given its memory back.</summary>
    internal Task NextClosing => _closing.Task;

    /// <inheritdoc/>
    public ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Open(options));
    }

    /// <summary>Opens a session.</summary>
    /// <inheritdoc cref="IBlockSpan.OpenAsync"/>
    public HostedSession Open(BlockSessionOptions options) => new(this, span.Open(options, budget));

    /// <summary>Takes a step in each of several sessions, together as far as memory allows: a batch of sequences.</summary>
    /// <param name="sessions">Unlike sessions of this span, without a step under way.</param>
    /// <param name="steps">A step for each; none must change before the result is there.</param>
    /// <exception cref="ArgumentException">A step does not fit its session; nothing has changed.</exception>
    public async Task StepAsync(IReadOnlyList<HostedSession> sessions, IReadOnlyList<BlockStep> steps)
    {
        for (int i = 0; i < sessions.Count; i++)
        {
            Check(sessions[i], steps[i]);
        }

        Task[] results = new Task[sessions.Count];
        for (int i = 0; i < sessions.Count; i++)
        {
            results[i] = sessions[i].BeginAsync(steps[i]).AsTask();
            _waiting.Enqueue(sessions[i]);
        }

        ComputeUnlessComputing();
        await Task.WhenAll(results);
    }

    /// <summary>Bytes of a session's cache on all blocks, whatever the budget has free.</summary>
    internal long MeasureCache(int tokens)
    {
        using SessionCache cache = span.Open(new BlockSessionOptions(Range, tokens));
        return cache.Bytes;
    }

    internal void Check(HostedSession session, BlockStep step) => span.Check(session.Cache, step);

    internal void Closed() => Interlocked.Exchange(ref _closing, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Queues a session's step; if nobody computes, computes until it is done.</summary>
    internal void Enqueue(HostedSession session)
    {
        _waiting.Enqueue(session);
        ComputeUnlessComputing();
    }

    private void ComputeUnlessComputing()
    {
        if (Interlocked.CompareExchange(ref _computing, 1, 0) == 0)
        {
            ComputeBatch();
            Leave();
        }
    }

    /// <summary>Stops computing; what has come meanwhile is computed by a thread of the pool, so that no caller works for others for long.</summary>
    private void Leave()
    {
        Volatile.Write(ref _computing, 0);
        if (HasWork() && Interlocked.CompareExchange(ref _computing, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.ComputeAll(), this, preferLocal: false);
        }
    }

    private bool HasWork() => _heldBack is not null || !_waiting.IsEmpty;

    private void ComputeAll()
    {
        while (HasWork())
        {
            ComputeBatch();
        }

        Leave();
    }

    /// <summary>Computes the first waiting step with all others that go with it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "whatever went wrong is told to every session of the batch, whose caller it reaches")]
    private void ComputeBatch()
    {
        Gather();
        Exception? failure = null;
        long start = time.GetTimestamp();
        try
        {
            span.Forward(_caches, _steps);
        }
        catch (Exception e)
        {
            failure = e;
        }

        TimeSpan took = time.GetElapsedTime(start);
        for (int i = 0; i < _batch.Count; i++)
        {
            _batch[i].Complete(took, failure);
        }
    }

    private void Gather()
    {
        _batch.Clear();
        _caches.Clear();
        _steps.Clear();
        int rows = 0;
        while (Next() is { } session)
        {
            bool fits = _batch.Count == 0 || (session.Cache.Range == _batch[0].Cache.Range && rows + session.Step.Rows <= MaxRowsTogether);
            if (!fits)
            {
                _heldBack = session;
                return;
            }

            rows += session.Step.Rows;
            _batch.Add(session);
            _caches.Add(session.Cache);
            _steps.Add(session.Step);
        }
    }

    private HostedSession? Next()
    {
        if (_heldBack is { } held)
        {
            _heldBack = null;
            return held;
        }

        return _waiting.TryDequeue(out HostedSession? session) ? session : null;
    }
}
