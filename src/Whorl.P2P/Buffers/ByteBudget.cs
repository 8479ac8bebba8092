namespace Whorl.P2P.Buffers;

/// <summary>Bytes that may be held at once: whoever wants more than is left waits, first come, first served.</summary>
/// <param name="maxBytes">All that there are.</param>
internal sealed class ByteBudget(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private readonly long _all = maxBytes;
    private long _left = maxBytes; // guarded by _gate, as is the list

    /// <summary>Takes bytes, all of them at once; they must be given back.</summary>
    /// <param name="bytes">At most all that there are.</param>
    /// <param name="cancellationToken">Cancelled, nothing was taken.</param>
    public async ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _all);
        LinkedListNode<Waiter> waiter;
        lock (_gate)
        {
            if (bytes == 0 || (_waiting.Count == 0 && bytes <= _left))
            {
                _left -= bytes;
                return;
            }

            waiter = _waiting.AddLast(new Waiter(bytes));
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister((_, token) => Cancel(waiter, token), null);
        await waiter.Value.Turn.Task.ConfigureAwait(false);
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(int bytes)
    {
        lock (_gate)
        {
            _left += bytes;
            Serve_NeedsLock();
        }
    }

    private void Cancel(LinkedListNode<Waiter> waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (waiter.List is null)
            {
                return; // its turn came first
            }

            _waiting.Remove(waiter);
            waiter.Value.Turn.SetCanceled(cancellationToken);
            Serve_NeedsLock(); // the next may want less
        }
    }

    private void Serve_NeedsLock()
    {
        while (_waiting.First is { } first && first.Value.Bytes <= _left)
        {
            _left -= first.Value.Bytes;
            _waiting.RemoveFirst();
            first.Value.Turn.SetResult();
        }
    }

    private sealed record Waiter(int Bytes)
    {
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
