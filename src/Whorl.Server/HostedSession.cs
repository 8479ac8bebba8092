using System.Threading.Tasks.Sources;
using Whorl.Models;

namespace Whorl.Server;

/// <summary>A session on blocks of this process. Steps allocate nothing.</summary>
public sealed class HostedSession : IBlockSession, IValueTaskSource
{
    private readonly HostedSpan _span;
    private readonly BlockHolder _holder;
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
    private long _start;

    internal HostedSession(HostedSpan span, SessionCache cache)
    {
        (_span, Cache) = (span, cache);
        _holder = new BlockHolder(span.Name, cache.Range);
        Holders = [_holder];
    }

    /// <inheritdoc/>
    public IReadOnlyList<BlockHolder> Holders { get; }

    /// <summary>Time that computing the last step took.</summary>
    public TimeSpan LastComputing { get; private set; }

    internal SessionCache Cache { get; }

    internal BlockStep Step { get; private set; } = new();

    /// <summary>Memory of whoever serves the session over the network.</summary>
    internal StepBuffers Buffers { get; } = new();

    /// <inheritdoc/>
    public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _span.Check(this, step);
        ValueTask result = BeginAsync(step);
        _span.Enqueue(this);
        return result;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Cache.Dispose();
        _span.Closed();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    /// <summary>Takes a checked step, which <see cref="HostedSpan"/> is yet to compute.</summary>
    internal ValueTask BeginAsync(BlockStep step)
    {
        Step = step;
        _start = _span.Time.GetTimestamp();
        _done.Reset();
        return new ValueTask(this, _done.Version);
    }

    internal void Complete(TimeSpan computing, Exception? failure)
    {
        LastComputing = computing;
        _holder.Count(_span.Time.GetElapsedTime(_start), computing);
        if (failure is null)
        {
            _done.SetResult(true);
        }
        else
        {
            _done.SetException(failure);
        }
    }
}
