using System.Threading.Tasks.Sources;
using Whorl.Models;
using Whorl.Server.Prefixes;

namespace Whorl.Server;

/// <summary>A session on blocks of this process. Steps allocate nothing.</summary>
public sealed class HostedSession : IBlockSession, IValueTaskSource
{
    private readonly HostedSpan _span;
    private readonly BlockHolder _holder;
    private readonly BlockStep _part = new();
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancelling;
    private StepFloats? _everyBlock;
    private TaskCompletionSource? _idle;
    private PrefixChain? _prefix;
    private bool _isUnderWay; // from the step's arrival until it is completed; guarded by _gate
    private readonly Lock _gate = new();
    private bool _disposed;
    private long _arrived;

    internal HostedSession(HostedSpan span, SessionCache cache, PeerAccount account, long charged)
    {
        (_span, Cache, Account, ChargedBytes) = (span, cache, account, charged);
        Place = new LinkedListNode<HostedSession>(this);
        _holder = new BlockHolder(span.Name, cache.Range);
        Holders = [_holder];
    }

    /// <inheritdoc/>
    public IReadOnlyList<BlockHolder> Holders { get; }

    /// <summary>Time that computing the last step took.</summary>
    public TimeSpan LastComputing { get; private set; }

    /// <summary>Rows of the last step that were computed earlier, for a session that began alike.</summary>
    public int LastFound { get; private set; }

    /// <summary>Time that the last step waited before it was computed.</summary>
    public TimeSpan LastQueued { get; private set; }

    internal SessionCache Cache { get; }

    /// <summary>Whose it is.</summary>
    internal PeerAccount Account { get; private set; }

    /// <summary>What the account was charged for the cache.</summary>
    internal long ChargedBytes { get; }

    /// <summary>Another account bears it from now on, which was charged before; no step may be under way.</summary>
    internal void ChargeTo(PeerAccount account) => Account = account;

    internal BlockStep Step { get; private set; } = new();

    /// <summary>Whether all of a step that was begun was there already: there is nothing to submit.</summary>
    internal bool IsFound => LastFound > 0 && LastFound == Step.Rows;

    // What follows is the scheduler's.
    internal LinkedListNode<HostedSession> Place { get; }

    internal StepPriority Priority { get; private set; }

    internal StepState State { get; set; }

    internal bool IsCancelled { get; set; }

    internal Exception? Failure { get; set; }

    /// <summary>Rows of the step that were computed.</summary>
    internal int Done { get; private set; }

    /// <summary>Rows that the pass under way computes.</summary>
    internal int Slice { get; set; }

    internal BlockStep SliceStep { get; private set; } = new();

    /// <inheritdoc/>
    public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken) =>
        StepAsync(step, step.Rows <= StepScheduler.DecodeRows ? StepPriority.Decode : StepPriority.Prefill, cancellationToken);

    /// <summary>Gives the memory back, once no step is under way: one that waits is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        Task idle = Task.CompletedTask;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_isUnderWay)
            {
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                idle = _idle.Task;
            }
        }

        if (!idle.IsCompleted)
        {
            _span.Scheduler.Cancel(this);
            await idle;
        }

        _prefix?.Dispose();
        Cache.Dispose();
        _span.Closed(this);
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    internal ValueTask StepAsync(BlockStep step, StepPriority priority, CancellationToken cancellationToken)
    {
        ValueTask result = BeginAsync(step, priority, cancellationToken);
        if (IsFound)
        {
            Complete(null);
            return result;
        }

        _span.Scheduler.Submit(this);
        CancelWith(cancellationToken);
        return result;
    }

    /// <summary>Lets the session, a new one, take what others have computed of the same text, and others what it computes.</summary>
    /// <param name="scope">Who shares it: whoever gives the same bytes; empty for the session's peer alone.</param>
    internal void UsePrefixes(ReadOnlySpan<byte> scope)
    {
        if (_span.Prefixes is { } prefixes && Account.Owner is not null && Cache.IsPaged)
        {
            _prefix = new PrefixChain(prefixes, Cache, Account, scope, _span.BoundarySize, _span.Memory);
        }
    }

    /// <summary>Keeps what the step that was computed last has made whole, before its values go.</summary>
    internal void KeepPrefix() => _prefix?.Complete(Step, Cache);

    /// <summary>Keeps nothing more: the session is to remember another one's tokens.</summary>
    internal void LeavePrefix() => _prefix?.End();

    /// <summary>Takes a step, which the scheduler is yet to be given.</summary>
    internal ValueTask BeginAsync(BlockStep step, StepPriority priority, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _span.Check(this, step);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _isUnderWay = !_isUnderWay ? true : throw new InvalidOperationException("the session's last step is still under way");
        }

        (Step, Priority, Failure, IsCancelled) = (step, priority, null, false);
        (LastComputing, LastQueued) = (TimeSpan.Zero, TimeSpan.Zero);
        _arrived = _span.Time.GetTimestamp();
        _done.Reset();
        Done = LastFound = _prefix?.Begin(step, Cache) ?? 0;
        Slice = step.Rows - Done;
        return new ValueTask(this, _done.Version);
    }

    /// <summary>Gives the step up when a token says so.</summary>
    internal void CancelWith(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || _done.GetStatus(_done.Version) != ValueTaskSourceStatus.Pending)
        {
            return;
        }

        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static session => ((HostedSession)session!).GiveUp(), this);
        lock (_gate)
        {
            if (_isUnderWay)
            {
                _cancelling = registration;
                return;
            }
        }

        registration.Unregister(); // it was over meanwhile
    }

    /// <summary>Prepares what the pass computes: the step, or a slice of it.</summary>
    internal void BeginSlice(int width, long now)
    {
        if (Done == LastFound)
        {
            LastQueued = _span.Time.GetElapsedTime(_arrived, now);
        }

        if (Slice == Step.Rows)
        {
            SliceStep = Step;
            return;
        }

        bool isFirst = Done == 0;
        SliceStep = _part;
        (_part.Rows, _part.Input, _part.EveryBlock) = (Slice, Step.Input.Slice(Done * width, Slice * width), Step.EveryBlock);
        (_part.HasVerdict, _part.Keep) = isFirst ? (Step.HasVerdict, Step.Keep) : (false, default);
        (_part.IsScratch, _part.Parents) = (Step.IsScratch, Step.IsScratch ? Step.Parents.Slice(Done, Slice) : default);
        int prompted = Math.Clamp(Step.PromptRows - Done, 0, Slice);
        (_part.PromptRows, _part.PromptStride) = (prompted, prompted == 0 ? 0 : Step.PromptStride);
        _part.Prompts = prompted == 0 ? default
            : Step.Prompts.Slice(Done * width, (((Cache.Range.Count - 1) * Step.PromptStride) + prompted) * width);
        _part.Position = isFirst ? Step.Position : null;
        if (Step.EveryBlock)
        {
            _everyBlock = new StepFloats(Cache.Range.Count * Slice * width);
            _part.Output = _everyBlock.Memory;
        }
        else
        {
            _part.Output = Step.Output.Slice(Done * width, Slice * width);
        }
    }

    /// <summary>Counts what the pass has computed.</summary>
    internal void EndSlice(int width, TimeSpan took)
    {
        LastComputing += took;
        if (_everyBlock is not null)
        {
            for (int block = 0; block < Cache.Range.Count && Failure is null; block++)
            {
                _part.Output.Slice(block * Slice * width, Slice * width).CopyTo(Step.Output[(((block * Step.Rows) + Done) * width)..]);
            }

            ((IDisposable)_everyBlock).Dispose();
            _everyBlock = null;
        }

        Done += Failure is null ? Slice : 0;
    }

    /// <summary>Tells the caller that the step is over. The session may be disposed, or take another step, as soon as this is called.</summary>
    internal void Complete(Exception? failure)
    {
        _holder.Count(_span.Time.GetElapsedTime(_arrived), LastComputing);
        (SliceStep, _part.Output) = (_part, default);
        CancellationTokenRegistration cancelling;
        TaskCompletionSource? idle;
        lock (_gate)
        {
            _isUnderWay = false;
            (cancelling, _cancelling) = (_cancelling, default);
            idle = _idle;
        }

        cancelling.Unregister();
        if (failure is null)
        {
            _done.SetResult(true);
        }
        else
        {
            _done.SetException(failure);
        }

        idle?.SetResult();
    }

    private void GiveUp() => _span.Scheduler.Cancel(this);
}
