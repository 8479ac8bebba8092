using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>Zeroed native memory, 64-byte aligned, freed on disposal.</summary>
/// <remarks>
/// A great buffer's pages are zeroed by the system when they are first touched: capacity that is never used takes no time and no memory.
/// On disposal they go back to the system, never to a pool of the C library's. Every buffer is counted: <see cref="TotalBytes"/> lets a
/// test assert that nothing is still out.
/// </remarks>
public sealed unsafe class NativeBuffer : HostMemory
{
    private static long _totalBytes;
    private void* _allocation;
    private void* _memory;
    private readonly nuint _mapped; // bytes of the mapping that it is; 0 where it is the C library's

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
        nuint size = (nuint)bytes + alignment + 128; // to align, and a whole vector may be read past a whole last one
        _allocation = size >= PageMapping.LeastBytes ? PageMapping.TryMap(size) : null;
        _mapped = _allocation is null ? 0 : size;
        _allocation = _allocation is null ? NativeMemory.AllocZeroed(size) : _allocation;
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

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <inheritdoc/>
    public override void* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            if (_mapped > 0)
            {
                PageMapping.Unmap(_allocation, _mapped);
            }
            else
            {
                NativeMemory.Free(_allocation);
            }

            _allocation = null;
            _memory = null;
            Interlocked.Add(ref _totalBytes, -Bytes);
        }
    }
}
