using System.Diagnostics.CodeAnalysis;
using Whorl.Models;

namespace Whorl.Server;

/// <summary>The only way to the blocks: decides which waiting steps are computed together, and in which order.</summary>
/// <remarks>
/// It computes on a thread of its own, so that no thread that moves bytes ever does, in passes over the weights that take what waits: first all steps of
/// few rows, then slices of the long ones, of whose peer has waited longest. Slices are of a length that keeps a pass short; neither they nor the company
/// change a byte. A lone step of few rows is computed by its caller where that takes no longer than changing threads.
/// </remarks>
/// <param name="span">The blocks.</param>
/// <param name="time">Measures.</param>
internal sealed class StepScheduler(DecoderSpan span, TimeProvider time)
{
    /// <summary>Rows of a pass at most.</summary>
    public const int MostRows = 1024;

    /// <summary>Rows of a step up to which it counts as decoding.</summary>
    public const int DecodeRows = 16;

    private const int LeastSlice = 32;
    private const int FirstSlice = 128; // while it is not known how long a row takes
    private const int MostPassesWithout = 4;
    private const int BatchTurn = 4; // so many passes of others' prefill, then one of batches

    private static readonly TimeSpan PassTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PassTimeWithDecoding = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan InlineTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly object _gate = new(); // guards all below but what the one who computes has for itself
    private readonly LinkedList<HostedSession>[] _waiting = [new(), new(), new()];
    private Thread? _thread;
    private bool _isComputing;
    private int _count;
    private int _prefillPasses;
    private int _passesWithout; // that could take none of the long steps, since those are on other blocks
    private long _served;

    // The pass under way: of whoever computes.
    private readonly List<HostedSession> _pass = [];
    private readonly List<SessionCache> _caches = [];
    private readonly List<BlockStep> _steps = [];
    private readonly List<HostedSession> _over = [];
    private readonly List<HostedSession> _completing = []; // the thread's own: by then another may compute
    private double _secondsPerRow; // of long passes
    private TimeSpan _loneTook; // the last step of few rows that was alone in its pass, whoever computed it

    /// <summary>Sessions that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a session's checked step.</summary>
    public void Submit(HostedSession session)
    {
        bool isOwn = false;
        lock (_gate)
        {
            bool isBrief = session.Account.Owner is null || _loneTook < InlineTime;
            if (!_isComputing && _count == 0 && session.Priority == StepPriority.Decode && isBrief)
            {
                session.State = StepState.Computing;
                _isComputing = isOwn = true;
            }
            else
            {
                Enqueue_NeedsLock(session);
                Wake_NeedsLock();
            }
        }

        if (isOwn)
        {
            ComputeInline(session);
        }
    }

    /// <summary>Takes the checked steps of several sessions, to be computed together as far as a pass goes.</summary>
    public void Submit(IReadOnlyList<HostedSession> sessions)
    {
        lock (_gate)
        {
            foreach (HostedSession session in sessions)
            {
                Enqueue_NeedsLock(session);
            }

            Wake_NeedsLock();
        }
    }

    /// <summary>Takes a step back that waits, or the rest of one that is being computed.</summary>
    public void Cancel(HostedSession session)
    {
        lock (_gate)
        {
            session.IsCancelled = true;
            if (session.State != StepState.Waiting)
            {
                return; // is over, or ends with the slice under way
            }

            Dequeue_NeedsLock(session);
            session.State = StepState.Idle;
        }

        session.Complete(new OperationCanceledException("the step was given up before it was computed"));
    }

    private void Enqueue_NeedsLock(HostedSession session)
    {
        session.State = StepState.Waiting;
        _waiting[(int)session.Priority].AddLast(session.Place);
        _count++;
    }

    private void Dequeue_NeedsLock(HostedSession session)
    {
        _waiting[(int)session.Priority].Remove(session.Place);
        _count--;
    }

    private void Wake_NeedsLock()
    {
        if (_thread is null)
        {
            _thread = new Thread(static self => ((StepScheduler)self!).Run()) { IsBackground = true, Name = "blocks" };
            _thread.Start(this);
        }
        else
        {
            Monitor.Pulse(_gate);
        }
    }

    private void ComputeInline(HostedSession session)
    {
        _pass.Add(session);
        long start = time.GetTimestamp();
        ComputePass();
        TimeSpan took = time.GetElapsedTime(start);
        Settle(took);
        HostedSession? over = _over.Count > 0 ? _over[0] : null;
        _over.Clear();
        lock (_gate)
        {
            _isComputing = false;
            if (_count > 0)
            {
                Wake_NeedsLock();
            }
        }

        over?.Complete(over.Failure);
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_count == 0 || _isComputing)
                {
                    if (!Monitor.Wait(_gate, IdleTime) && _count == 0 && !_isComputing)
                    {
                        _thread = null;
                        return;
                    }
                }

                _isComputing = true;
                Gather_NeedsLock();
            }

            long start = time.GetTimestamp();
            ComputePass();
            TimeSpan took = time.GetElapsedTime(start);
            Settle(took);
            _completing.AddRange(_over);
            _over.Clear();
            lock (_gate)
            {
                _isComputing = false;
            }

            foreach (HostedSession session in _completing)
            {
                session.Complete(session.Failure);
            }

            _completing.Clear();
        }
    }

    /// <summary>Chooses what the next pass computes, and how much of it.</summary>
    private void Gather_NeedsLock()
    {
        LinkedList<HostedSession> decode = _waiting[0], prefill = _waiting[1], batch = _waiting[2];
        bool isBatchTurn = batch.Count > 0 && (prefill.Count == 0 || _prefillPasses >= BatchTurn);
        LinkedList<HostedSession> longer = isBatchTurn ? batch : prefill;
        BlockRange? range = longer.Count > 0 && _passesWithout >= MostPassesWithout ? LongestWaiting(longer, null)!.Cache.Range : null;
        int rows = 0;
        for (LinkedListNode<HostedSession>? node = decode.First; node is not null && rows < MostRows;)
        {
            LinkedListNode<HostedSession>? next = node.Next;
            HostedSession session = node.Value;
            range ??= session.Cache.Range;
            if (session.Cache.Range == range && rows + session.Step.Rows <= MostRows)
            {
                rows += Take_NeedsLock(session, session.Step.Rows);
            }

            node = next;
        }

        int room = Math.Clamp(SliceRows(withDecoding: rows > 0), LeastSlice, Math.Max(LeastSlice, MostRows - rows)), some = 0;
        while (longer.Count > 0 && room >= LeastSlice && LongestWaiting(longer, range) is { } session)
        {
            range ??= session.Cache.Range;
            int slice = Math.Min(room, session.Step.Rows - session.Done);
            slice = Math.Max(slice, session.Done == 0 ? session.Step.PromptRows : 0); // prompts are not cut
            session.Account.LastServed = ++_served;
            room -= Take_NeedsLock(session, slice);
            some++;
        }

        _passesWithout = some > 0 || longer.Count == 0 ? 0 : _passesWithout + 1;
        _prefillPasses = some == 0 ? _prefillPasses : isBatchTurn ? 0 : _prefillPasses + 1;
    }

    private int Take_NeedsLock(HostedSession session, int rows)
    {
        Dequeue_NeedsLock(session);
        session.State = StepState.Computing;
        session.Slice = rows;
        _pass.Add(session);
        return rows;
    }

    /// <summary>Of long steps on the same blocks, the first of whose peer has waited longest.</summary>
    private static HostedSession? LongestWaiting(LinkedList<HostedSession> sessions, BlockRange? range)
    {
        HostedSession? longest = null;
        foreach (HostedSession session in sessions)
        {
            if ((range is null || session.Cache.Range == range) && (longest is null || session.Account.LastServed < longest.Account.LastServed))
            {
                longest = session;
            }
        }

        return longest;
    }

    private int SliceRows(bool withDecoding)
    {
        double seconds = (withDecoding ? PassTimeWithDecoding : PassTime).TotalSeconds;
        return _secondsPerRow == 0 ? FirstSlice : (int)Math.Clamp(seconds / _secondsPerRow, LeastSlice, MostRows);
    }

    /// <summary>Computes what was chosen. A failure is its own step's: the others are computed without it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "whatever went wrong is told to the session whose step it was, whose caller it reaches")]
    private void ComputePass()
    {
        long now = time.GetTimestamp();
        foreach (HostedSession session in _pass)
        {
            try
            {
                session.BeginSlice(span.BoundarySize, now);
            }
            catch (Exception e)
            {
                session.Failure = e;
            }
        }

        if (TryForward(0, _pass.Count) is null)
        {
            return;
        }

        for (int i = 0; i < _pass.Count; i++)
        {
            _pass[i].Failure ??= TryForward(i, 1); // each alone: where they failed together, none has gone on
        }
    }

    /// <returns>What went wrong; null where nothing did.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "whatever went wrong is told to the session whose step it was, whose caller it reaches")]
    private Exception? TryForward(int first, int count)
    {
        _caches.Clear();
        _steps.Clear();
        for (int i = first; i < first + count; i++)
        {
            if (_pass[i].Failure is null)
            {
                _caches.Add(_pass[i].Cache);
                _steps.Add(_pass[i].SliceStep);
            }
        }

        try
        {
            span.Forward(_caches, _steps);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>What is over goes to its caller, what is not waits for its next slice.</summary>
    private void Settle(TimeSpan took)
    {
        int rows = 0;
        foreach (HostedSession session in _pass)
        {
            rows += session.Slice;
            session.EndSlice(span.BoundarySize, took);
        }

        if (rows >= LeastSlice)
        {
            double seconds = took.TotalSeconds / rows;
            _secondsPerRow = _secondsPerRow == 0 ? seconds : (0.7 * _secondsPerRow) + (0.3 * seconds);
        }

        lock (_gate)
        {
            _loneTook = _pass.Count == 1 && _pass[0].Priority == StepPriority.Decode ? took : _loneTook;
            foreach (HostedSession session in _pass)
            {
                bool isWhole = session.Done == session.Step.Rows;
                if (isWhole || session.Failure is not null || session.IsCancelled)
                {
                    session.State = StepState.Idle;
                    session.Failure ??= isWhole ? null : new OperationCanceledException("the rest of the step was given up");
                    _over.Add(session);
                }
                else
                {
                    Enqueue_NeedsLock(session);
                }
            }
        }

        _pass.Clear();
    }
}
