using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Memory;

/// <summary>
/// Memory of pages of keys and values: what one session gives back the next one takes, instead of being unmapped, mapped and zeroed again.
/// </summary>
/// <remarks>
/// A page goes only to stores of the shape that it was made for, so that lanes past a size stay 0; what it holds beside is of another
/// session and is not read before it is written. Safe for many threads.
/// </remarks>
/// <param name="mostBytes">Bytes of all pages, beyond which free ones of other shapes go back to the system first.</param>
/// <param name="mostFreeBytes">Bytes of free pages that are kept.</param>
internal sealed class PagePool(long mostBytes, long mostFreeBytes) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PageShape, Stack<NativeBuffer>> _free = [];
    private long _leastFree; // since memory was last given back: so much has not been needed
    private bool _disposed;

    /// <summary>Bytes of pages that stores hold.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>Bytes of pages that nobody holds.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>Takes a page, whose content is undefined but for the lanes past a size, which are 0.</summary>
    /// <exception cref="OutOfMemoryException">The system has none.</exception>
    public NativeBuffer Take(PageShape shape, long bytes)
    {
        lock (_gate)
        {
            if (_free.TryGetValue(shape, out Stack<NativeBuffer>? pages) && pages.TryPop(out NativeBuffer? page))
            {
                FreeBytes -= page.Bytes;
                _leastFree = Math.Min(_leastFree, FreeBytes);
            }
            else
            {
                Free_NeedsLock(TakenBytes + FreeBytes + bytes - mostBytes);
                page = Make_NeedsLock(bytes);
            }

            TakenBytes += page.Bytes;
            return page;
        }
    }

    /// <summary>Gives a page back.</summary>
    public void Give(PageShape shape, NativeBuffer page)
    {
        lock (_gate)
        {
            TakenBytes -= page.Bytes;
            if (!_disposed && page.Bytes <= mostFreeBytes - FreeBytes)
            {
                if (!_free.TryGetValue(shape, out Stack<NativeBuffer>? pages))
                {
                    _free.Add(shape, pages = []);
                }

                pages.Push(page);
                FreeBytes += page.Bytes;
                return;
            }
        }

        page.Dispose();
    }

    /// <summary>Gives the system those pages that nobody has needed since this was last called.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            Free_NeedsLock(_leastFree);
            _leastFree = FreeBytes;
        }
    }

    /// <summary>Frees what nobody holds; what is given back from now on is freed at once.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Free_NeedsLock(FreeBytes);
        }
    }

    private NativeBuffer Make_NeedsLock(long bytes)
    {
        try
        {
            return new NativeBuffer(bytes);
        }
        catch (OutOfMemoryException) when (FreeBytes > 0)
        {
            Free_NeedsLock(FreeBytes);
            return new NativeBuffer(bytes);
        }
    }

    private void Free_NeedsLock(long bytes)
    {
        foreach ((PageShape shape, Stack<NativeBuffer> pages) in _free)
        {
            while (bytes > 0 && pages.TryPop(out NativeBuffer? page))
            {
                bytes -= page.Bytes;
                FreeBytes -= page.Bytes;
                page.Dispose();
            }

            if (pages.Count == 0)
            {
                _free.Remove(shape); // allowed while it is walked; shapes are chosen by strangers, who choose the lengths of sessions
            }
        }

        _leastFree = Math.Min(_leastFree, FreeBytes);
    }
}

/// <summary>What pages must have in common for one to stand in for the other.</summary>
/// <param name="Heads">Key and value heads.</param>
/// <param name="KeySize">Width of a key.</param>
/// <param name="ValueSize">Width of a value.</param>
/// <param name="Slots">Slots.</param>
internal readonly record struct PageShape(int Heads, int KeySize, int ValueSize, int Slots);
