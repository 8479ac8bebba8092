using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>Zeroed native memory, 64-byte aligned, freed on disposal.</summary>
/// <remarks>
/// A great buffer's pages are zeroed by the system when they are first touched: capacity that is never used takes no time and no memory.
/// Every buffer is counted: <see cref="TotalBytes"/> lets a test assert that nothing is still out.
/// </remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    private static long _totalBytes;
    private void* _allocation;
    private void* _memory;

    /// <summary>Takes the memory.</summary>
    /// <param name="bytes">Size in bytes, 0 or more.</param>
    /// <param name="hugePages">
    /// Whether to ask the system for 2 MiB pages, where it has them on request; for large memory that is read from end to end.
    /// </param>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public NativeBuffer(long bytes, bool hugePages = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        hugePages &= bytes >= 2 * HugePages.Size;
        nuint alignment = hugePages ? (nuint)HugePages.Size : 64;
        _allocation = NativeMemory.AllocZeroed((nuint)bytes + alignment + 128); // to align, and a whole vector may be read past a whole last one
        _memory = (void*)(((nuint)_allocation + alignment - 1) & ~(alignment - 1));
        if (hugePages)
        {
            HugePages.Advise(_memory, (nuint)bytes); // before the first touch, which is what takes the pages
        }

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
            NativeMemory.Free(_allocation);
            _allocation = null;
            _memory = null;
            Interlocked.Add(ref _totalBytes, -Bytes);
        }
    }
}
