namespace Whorl.P2P.Buffers;

/// <summary>How many bytes a stream may still send before its peer must read: the writer waits while it is empty.</summary>
internal sealed class SendWindow(long initialBytes)
{
    private readonly Lock _gate = new();
    private readonly AsyncSignal _more = new();
    private long _credit = initialBytes;
    private IOException? _failure;

    /// <summary>Takes up to the wanted bytes of credit, at least one.</summary>
    /// <exception cref="IOException">The stream failed, before or during the wait.</exception>
    public async ValueTask<int> TakeAsync(int wantedBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw StreamFailure.Again(_failure);
                }

                if (_credit > 0)
                {
                    int taken = (int)Math.Min(_credit, wantedBytes);
                    _credit -= taken;
                    return taken;
                }
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The peer has read, or raised its limit.</summary>
    /// <returns>Whether the window stays within <paramref name="maxBytes"/>; if not the peer breaks the protocol.</returns>
    public bool TryAdd(long bytes, long maxBytes = long.MaxValue)
    {
        lock (_gate)
        {
            if (bytes > maxBytes - _credit)
            {
                return false;
            }

            _credit += bytes;
        }

        _more.Set();
        return true;
    }

    /// <summary>Every wait, now and later, throws; the first failure stays.</summary>
    public void Fail(IOException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _more.Set();
    }
}
