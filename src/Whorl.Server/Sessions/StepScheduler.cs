using System.Diagnostics.CodeAnalysis;
using Whorl.Models;

namespace Whorl.Server;

/// <summary>The only way to the blocks: decides which waiting steps are computed together, and in which order.</summary>
/// <remarks>
/// It computes on a thread of its own, so that no thread that moves bytes ever does, in passes over the weights that take what waits, each session joining
/// where its blocks begin: all steps of few rows, or slices of the long ones, of whose peer has waited longest. Between two blocks of a long pass the steps of few
/// rows that have come meanwhile are computed, so that they wait for one block at most; a long pass follows after each pass of short ones at the latest, and its
/// slices are so short that a block of them takes half as long as a short pass usually does. Neither slices nor company nor interruption change a byte. A lone
/// step of few rows is computed by its caller where that takes no longer than changing threads.
/// </remarks>
internal sealed class StepScheduler
{
    /// <summary>Rows of a step up to which it counts as decoding.</summary>
    public const int DecodeRows = 16;

    private const int MostDecodeRowsOfPeer = 64; // in a pass: who has many sessions does not make it long for others
    private const int BatchTurn = 4; // so many passes of others' prefill, then one of batches

    private static readonly TimeSpan InlineTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly DecoderSpan _span;
    private readonly TimeProvider _time;
    private readonly SliceSizes _sizes;
    private readonly Action _interlude;
    private readonly object _gate = new(); // guards all below but what the one who computes has for itself
    private readonly LinkedList<HostedSession>[] _waiting = [new(), new(), new()];
    private Thread? _thread;
    private bool _isComputing;
    private bool _isLongNext; // after a pass of short steps
    private int _count;
    private int _prefillPasses;
    private long _served;
    private long _passes;

    // The passes under way, one between two blocks of the other: of whoever computes.
    private readonly StepPass _pass = new(), _between = new();
    private TimeSpan _interrupted; // of the long pass under way, by short ones
    private TimeSpan _loneTook; // the last step of few rows that was alone in its pass, whoever computed it

    /// <param name="span">The blocks.</param>
    /// <param name="time">Measures.</param>
    /// <param name="passBytes">Bytes that the intermediate results of a pass may take.</param>
    public StepScheduler(DecoderSpan span, TimeProvider time, long passBytes) =>
        (_span, _time, _sizes, _interlude) = (span, time, new SliceSizes(time, passBytes), ComputeBetween);

    /// <summary>Rows that a pass may have.</summary>
    public int RowsOfPass => _sizes.Limit;

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
                if (!session.IsFound)
                {
                    Enqueue_NeedsLock(session);
                }
            }

            Wake_NeedsLock();
        }

        foreach (HostedSession session in sessions)
        {
            if (session.IsFound)
            {
                session.Complete(null);
            }
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
        _pass.Sessions.Add(session);
        Compute(_pass, null);
        HostedSession? over = _pass.Over.Count > 0 ? _pass.Over[0] : null;
        _pass.Over.Clear();
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
        List<HostedSession> over = []; // by the time they are told, another may compute
        while (true)
        {
            bool isLong;
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
                bool isDecode = _waiting[(int)StepPriority.Decode].Count > 0;
                isLong = _isLongNext ? _count > _waiting[(int)StepPriority.Decode].Count : !isDecode;
                _isLongNext = !isLong;
                if (isLong)
                {
                    GatherLong_NeedsLock(_pass, isDecode);
                }
                else
                {
                    GatherDecode_NeedsLock(_pass);
                }
            }

            Compute(_pass, isLong ? _interlude : null);
            over.AddRange(_pass.Over);
            _pass.Over.Clear();
            lock (_gate)
            {
                _isComputing = false;
            }

            foreach (HostedSession session in over)
            {
                session.Complete(session.Failure);
            }

            over.Clear();
        }
    }

    /// <summary>Between two blocks of a long pass: the steps of few rows that have come meanwhile.</summary>
    private void ComputeBetween()
    {
        lock (_gate)
        {
            if (_waiting[(int)StepPriority.Decode].Count == 0)
            {
                return;
            }

            GatherDecode_NeedsLock(_between);
        }

        long start = _time.GetTimestamp();
        Compute(_between, null);
        foreach (HostedSession session in _between.Over)
        {
            session.Complete(session.Failure);
        }

        _between.Over.Clear();
        _interrupted += _time.GetElapsedTime(start);
    }

    private void GatherDecode_NeedsLock(StepPass pass)
    {
        int rows = 0, most = RowsOfPass;
        _passes++;
        for (LinkedListNode<HostedSession>? node = _waiting[(int)StepPriority.Decode].First; node is not null && rows < most;)
        {
            LinkedListNode<HostedSession>? next = node.Next;
            HostedSession session = node.Value;
            PeerAccount account = session.Account;
            (account.Pass, account.RowsOfPass) = (_passes, account.Pass == _passes ? account.RowsOfPass : 0);
            if (rows + session.Step.Rows <= most && (account.Owner is null || account.RowsOfPass < MostDecodeRowsOfPeer))
            {
                account.RowsOfPass += session.Step.Rows;
                rows += Take_NeedsLock(pass, session, session.Step.Rows);
            }

            node = next;
        }
    }

    private void GatherLong_NeedsLock(StepPass pass, bool isDecoding)
    {
        LinkedList<HostedSession> prefill = _waiting[(int)StepPriority.Prefill], batch = _waiting[(int)StepPriority.Batch];
        bool isBatchTurn = batch.Count > 0 && (prefill.Count == 0 || _prefillPasses >= BatchTurn);
        LinkedList<HostedSession> longer = isBatchTurn ? batch : prefill;
        _prefillPasses = isBatchTurn ? 0 : _prefillPasses + 1;
        isDecoding |= _sizes.IsDecoding;
        int least = isDecoding ? SliceSizes.LeastWithDecoding : SliceSizes.Least, room = 0;
        do
        {
            HostedSession session = LongestWaiting(longer);
            room = pass.Sessions.Count > 0 ? room : _sizes.Next(isDecoding, session.Cache.Range.Count);
            int slice = Math.Min(room, session.Step.Rows - session.Done);
            session.Account.LastServed = ++_served;
            room -= Take_NeedsLock(pass, session, slice);
        }
        while (longer.Count > 0 && room >= least);
        pass.IsWithDecoding = isDecoding;
    }

    private int Take_NeedsLock(StepPass pass, HostedSession session, int rows)
    {
        Dequeue_NeedsLock(session);
        session.State = StepState.Computing;
        session.Slice = rows;
        pass.Sessions.Add(session);
        return rows;
    }

    /// <summary>Of long steps, the first of whose peer has waited longest.</summary>
    private static HostedSession LongestWaiting(LinkedList<HostedSession> sessions)
    {
        HostedSession longest = sessions.First!.Value;
        foreach (HostedSession session in sessions)
        {
            longest = session.Account.LastServed < longest.Account.LastServed ? session : longest;
        }

        return longest;
    }

    /// <summary>Computes what was chosen. A failure is its own step's: the others are computed without it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "whatever went wrong is told to the session whose step it was, whose caller it reaches")]
    private void Compute(StepPass pass, Action? between)
    {
        long start = _time.GetTimestamp();
        foreach (HostedSession session in pass.Sessions)
        {
            try
            {
                session.BeginSlice(_span.BoundarySize, start);
            }
            catch (Exception e)
            {
                session.Failure = e;
            }
        }

        if (TryForward(pass, 0, pass.Sessions.Count, between) is not null)
        {
            for (int i = 0; i < pass.Sessions.Count; i++)
            {
                pass.Sessions[i].Failure ??= TryForward(pass, i, 1, between); // each alone: where they failed together, none has gone on
            }
        }

        TimeSpan took = _time.GetElapsedTime(start);
        if (between is not null)
        {
            took -= _interrupted;
            _interrupted = TimeSpan.Zero;
        }

        Settle(pass, took);
    }

    /// <returns>What went wrong; null where nothing did.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "whatever went wrong is told to the session whose step it was, whose caller it reaches")]
    private Exception? TryForward(StepPass pass, int first, int count, Action? between)
    {
        pass.Caches.Clear();
        pass.Steps.Clear();
        for (int i = first; i < first + count; i++)
        {
            if (pass.Sessions[i].Failure is null)
            {
                pass.Caches.Add(pass.Sessions[i].Cache);
                pass.Steps.Add(pass.Sessions[i].SliceStep);
            }
        }

        try
        {
            if (pass.Caches.Count > 0)
            {
                _span.Forward(pass.Caches, pass.Steps, between);
            }

            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>What is over goes to its caller, what is not waits for its next slice.</summary>
    private void Settle(StepPass pass, TimeSpan took)
    {
        int rows = 0;
        bool isDecode = pass.Sessions[0].Priority == StepPriority.Decode;
        foreach (HostedSession session in pass.Sessions)
        {
            rows += session.Slice;
            session.EndSlice(_span.BoundarySize, took);
        }

        lock (_gate)
        {
            if (isDecode)
            {
                _sizes.CountDecode(took);
                _loneTook = pass.Sessions.Count == 1 ? took : _loneTook;
            }
            else if (rows > 0)
            {
                _sizes.Count(rows, pass.IsWithDecoding, took, _span.Memory.WorkspaceUsed);
            }

            foreach (HostedSession session in pass.Sessions)
            {
                bool isWhole = session.Done == session.Step.Rows;
                if (isWhole || session.Failure is not null || session.IsCancelled)
                {
                    session.State = StepState.Idle;
                    session.Failure ??= isWhole ? null : new OperationCanceledException("the rest of the step was given up");
                    pass.Over.Add(session);
                }
                else
                {
                    Enqueue_NeedsLock(session);
                }
            }
        }

        pass.Sessions.Clear();
    }

    /// <summary>What is computed together.</summary>
    private sealed class StepPass
    {
        public List<HostedSession> Sessions { get; } = [];

        public List<SessionCache> Caches { get; } = [];

        public List<BlockStep> Steps { get; } = [];

        /// <summary>Of a long one: whether somebody decodes meanwhile.</summary>
        public bool IsWithDecoding { get; set; }

        /// <summary>Those that are over, and are yet to be told.</summary>
        public List<HostedSession> Over { get; } = [];
    }
}
