using System.Threading.Tasks.Sources;

namespace Whorl.P2P.Buffers;

/// <summary>A latch that one waiter at a time awaits, again and again, without allocating: set before the wait it lets the next wait pass at once.</summary>
/// <remarks>The waiter checks its own condition under its own lock before and after each wait, so a wake-up for nothing is harmless.</remarks>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private bool _set;
    private bool _waiting;

    /// <exception cref="InvalidOperationException">Someone waits already.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        short version;
        lock (_gate)
        {
            if (_set)
            {
                _set = false;
                return default;
            }

            if (_waiting)
            {
                throw new InvalidOperationException("a read or a write of this stream is already under way");
            }

            _core.Reset();
            version = _core.Version;
            _waiting = true;
        }

        _registration = cancellationToken.UnsafeRegister(static (signal, token) => ((AsyncSignal)signal!).Cancel(token), this);
        return new ValueTask(this, version);
    }

    public void Set()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                _set = true;
                return;
            }

            _waiting = false;
        }

        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _registration.Dispose(); // waits for a cancellation that is running, so that it cannot hit the next wait
        _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
        }

        _core.SetException(new OperationCanceledException(token));
    }
}
