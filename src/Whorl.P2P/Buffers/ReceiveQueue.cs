using System.Buffers;

namespace Whorl.P2P.Buffers;

/// <summary>Bytes that arrived for a stream and were not yet read, in pooled arrays. One reader; whoever appends keeps to the granted window.</summary>
/// <param name="memory">Counts the arrays held, in sum with those of other queues.</param>
internal sealed class ReceiveQueue(MemoryCounter memory)
{
    /// <summary>Small pieces share arrays of this size, so that a flood of one-byte pieces costs little more than its bytes.</summary>
    private const int MinSegmentBytes = 4096;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _arrived = new();
    private readonly Queue<Segment> _segments = new();
    private Segment? _last;
    private IOException? _failure;
    private bool _ended;
    private bool _discarding;

    /// <summary>Bytes held and not yet read.</summary>
    public int BufferedBytes { get; private set; }

    /// <summary>Whether the writer has ended and everything was read or discarded.</summary>
    public bool IsFinished
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null || (_ended && BufferedBytes == 0);
            }
        }
    }

    /// <summary>Adds a copy of the bytes.</summary>
    /// <returns>False where nobody will read them.</returns>
    public bool Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_discarding || _failure is not null)
            {
                return false;
            }

            if (_last is not null)
            {
                int fits = Math.Min(bytes.Length, _last.Array.Length - _last.End);
                bytes[..fits].CopyTo(_last.Array.AsSpan(_last.End));
                _last.End += fits;
                BufferedBytes += fits;
                bytes = bytes[fits..];
            }

            if (!bytes.IsEmpty)
            {
                byte[] array = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length, MinSegmentBytes));
                bytes.CopyTo(array);
                Enqueue_NeedsLock(array, bytes.Length);
            }
        }

        _arrived.Set();
        return true;
    }

    /// <summary>Adds a rented array and takes it over, whatever comes back.</summary>
    /// <returns>False where nobody will read them.</returns>
    public bool AppendOwned(byte[] rented, int length)
    {
        lock (_gate)
        {
            if (_discarding || _failure is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
                return false;
            }

            Enqueue_NeedsLock(rented, length);
        }

        _arrived.Set();
        return true;
    }

    /// <summary>The writer will add nothing more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
        }

        _arrived.Set();
    }

    /// <summary>
    /// Drops what is held; every read, now and later, throws. The first failure stays. After the writer's end nothing is missing, and what is
    /// held can still be read.
    /// </summary>
    public void Fail(IOException failure)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _failure ??= failure;
            Release_NeedsLock();
        }

        _arrived.Set();
    }

    /// <summary>The reader is gone: drops what is held and what still comes.</summary>
    /// <param name="failure">What a read under way gets.</param>
    /// <returns>How many bytes were dropped.</returns>
    public int Discard(IOException failure)
    {
        int dropped;
        lock (_gate)
        {
            _discarding = true;
            _failure ??= failure;
            dropped = BufferedBytes;
            Release_NeedsLock();
        }

        _arrived.Set();
        return dropped;
    }

    /// <summary>Waits for bytes; 0 at the end, or for an empty buffer.</summary>
    /// <exception cref="IOException">The stream failed, before or during the wait.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(buffer.Span, out int read))
            {
                return read;
            }

            await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryRead(Span<byte> buffer, out int read)
    {
        read = 0;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw StreamFailure.Again(_failure);
            }

            while (read < buffer.Length && _segments.TryPeek(out Segment? segment))
            {
                int taken = Math.Min(buffer.Length - read, segment.End - segment.Start);
                segment.Array.AsSpan(segment.Start, taken).CopyTo(buffer[read..]);
                segment.Start += taken;
                read += taken;
                if (segment.Start == segment.End)
                {
                    Dequeue_NeedsLock();
                }
            }

            BufferedBytes -= read;
            return read > 0 || _ended || buffer.IsEmpty;
        }
    }

    private void Enqueue_NeedsLock(byte[] array, int length)
    {
        _last = new Segment(array) { End = length };
        _segments.Enqueue(_last);
        memory.Add(array.Length);
        BufferedBytes += length;
    }

    private void Dequeue_NeedsLock()
    {
        Segment segment = _segments.Dequeue();
        memory.Add(-segment.Array.Length);
        ArrayPool<byte>.Shared.Return(segment.Array);
        if (_segments.Count == 0)
        {
            _last = null;
        }
    }

    private void Release_NeedsLock()
    {
        while (_segments.Count > 0)
        {
            Dequeue_NeedsLock();
        }

        BufferedBytes = 0;
    }

    private sealed class Segment(byte[] array)
    {
        public readonly byte[] Array = array;
        public int Start;
        public int End;
    }
}
