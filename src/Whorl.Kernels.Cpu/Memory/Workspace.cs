using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Memory;

/// <summary>A stack of native memory: taken in order, given back down to a mark.</summary>
/// <remarks>
/// Grows by chunks, which are kept, so that a step repeated takes nothing from the system; what many calls in a row have not needed is
/// given back, so that one great prefill does not hold its memory for ever.
/// </remarks>
internal sealed unsafe class Workspace : IDisposable
{
    private const long SmallestChunk = 1 << 20;
    private const int CallsUntilFreed = 32;
    private const int OffsetBits = 44; // a mark is the chunk's number above, the bytes taken of it below
    private readonly List<NativeBuffer> _chunks = [];
    private int _chunk;
    private int _highestChunk; // since all was given back
    private long _highestOffset; // in it
    private long _mostUsed; // of some calls
    private int _calls;
    private long _offset;

    /// <summary>Bytes held from the system.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that were taken at most before everything was last given back.</summary>
    public long LastUsed { get; private set; }

    /// <summary>Takes a matrix of undefined content, 64-byte aligned; a whole vector may be read past its end.</summary>
    public Tensor Rent(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return new((float*)RentBytes(4L * rows * columns), rows, columns);
    }

    /// <summary>Takes bytes of undefined content, 64-byte aligned.</summary>
    public byte* RentBytes(long bytes)
    {
        long size = (bytes + 63) & ~63L;
        while (_chunk < _chunks.Count && _offset + size > _chunks[_chunk].Bytes)
        {
            _chunk++;
            _offset = 0;
        }

        if (_chunk == _chunks.Count)
        {
            long doubled = _chunks.Count == 0 ? SmallestChunk : 2 * _chunks[^1].Bytes;
            _chunks.Add(new NativeBuffer(Math.Max(size, doubled)));
            Bytes += _chunks[^1].Bytes;
        }

        byte* start = (byte*)_chunks[_chunk].Pointer + _offset;
        _offset += size;
        if (_chunk > _highestChunk || (_chunk == _highestChunk && _offset > _highestOffset))
        {
            (_highestChunk, _highestOffset) = (_chunk, _offset);
        }

        return start;
    }

    /// <summary>How much is taken, as a number that only <see cref="Release"/> understands.</summary>
    public long Mark() => ((long)_chunk << OffsetBits) | _offset;

    /// <summary>Gives back what was taken since the mark.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The mark is above what is taken now.</exception>
    public void Release(long mark)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)mark, (ulong)Mark(), nameof(mark));
        _chunk = (int)(mark >> OffsetBits);
        _offset = mark & ((1L << OffsetBits) - 1);
        if (mark == 0)
        {
            FreeUnused();
        }
    }

    // All goes, and the next call takes what it needs.
    private void FreeUnused()
    {
        long used = _highestOffset;
        for (int i = 0; i < _highestChunk; i++)
        {
            used += _chunks[i].Bytes;
        }

        LastUsed = used;
        _mostUsed = Math.Max(_mostUsed, used);
        (_highestChunk, _highestOffset) = (0, 0);
        if (++_calls < CallsUntilFreed)
        {
            return;
        }

        if (Bytes > 4 * Math.Max(_mostUsed, SmallestChunk))
        {
            Dispose();
        }

        (_calls, _mostUsed) = (0, 0);
    }

    public void Dispose()
    {
        foreach (NativeBuffer chunk in _chunks)
        {
            chunk.Dispose();
        }

        _chunks.Clear();
        Bytes = 0;
        _chunk = 0;
        _offset = 0;
    }
}
