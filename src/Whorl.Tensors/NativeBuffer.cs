using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>Zeroed native memory, 64-byte aligned, freed on disposal.</summary>
/// <remarks>Every buffer is counted: <see cref="TotalBytes"/> lets a test assert that nothing is still out.</remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    private static long _totalBytes;
    private void* _memory;

    /// <summary>Takes the memory.</summary>
    /// <param name="bytes">Size in bytes, 0 or more.</param>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public NativeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        nuint size = (nuint)((bytes + 63) & ~63L) + 64; // a whole vector may be read past the end
        _memory = NativeMemory.AlignedAlloc(size, 64);
        NativeMemory.Clear(_memory, size);
        Interlocked.Add(ref _totalBytes, bytes);
    }

    /// <summary>Frees the memory where the owner forgot to.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Bytes of all live buffers of the process.</summary>
    public static long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Size in bytes, as asked for.</summary>
    public long Bytes { get; }

    /// <summary>Start of the memory, 64-byte aligned; at least 64 readable bytes follow the end.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was freed.</exception>
    public void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            Interlocked.Add(ref _totalBytes, -Bytes);
        }
    }
}
