using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Memory;

/// <summary>A stack of native memory: taken in order, given back down to a mark.</summary>
/// <remarks>Grows by chunks, which are kept until disposal, so that a step repeated takes nothing from the system.</remarks>
internal sealed unsafe class Workspace : IDisposable
{
    private const long SmallestChunk = 1 << 20;
    private const int OffsetBits = 44; // a mark is the chunk's number above, the bytes taken of it below
    private readonly List<NativeBuffer> _chunks = [];
    private int _chunk;
    private long _offset;

    /// <summary>Bytes held from the system.</summary>
    public long Bytes => _chunks.Sum(chunk => chunk.Bytes);

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
        }

        byte* start = (byte*)_chunks[_chunk].Pointer + _offset;
        _offset += size;
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
    }

    public void Dispose()
    {
        foreach (NativeBuffer chunk in _chunks)
        {
            chunk.Dispose();
        }

        _chunks.Clear();
        _chunk = 0;
        _offset = 0;
    }
}
