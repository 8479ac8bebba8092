using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>
/// Memory of Linux itself, in pages. The C library there keeps large blocks that were freed once and hands them out in parts, so that a
/// server that was busy once would stay large; the C libraries of other systems give large blocks back.
/// </summary>
internal static unsafe partial class PageMapping
{
    /// <summary>Bytes from which memory is mapped: below, a page for each would be wasted.</summary>
    public const int LeastBytes = 256 << 10;

    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private static readonly void* Failed = (void*)-1;
    private static volatile bool _isMissing;

    /// <summary>Maps zeroed memory.</summary>
    /// <returns>Its beginning; null where it cannot be had in this way.</returns>
    public static void* TryMap(nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || _isMissing)
        {
            return null;
        }

        try
        {
            void* memory = mmap(null, bytes, ReadWrite, PrivateAnonymous, -1, 0);
            return memory == Failed ? null : memory; // too many mappings, or no memory: the C library says which
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _isMissing = true; // a C library by another name
            return null;
        }
    }

    /// <summary>Gives mapped memory back to the system.</summary>
    public static void Unmap(void* memory, nuint bytes) => _ = munmap(memory, bytes);

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint bytes);
}
