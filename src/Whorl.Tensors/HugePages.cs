using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>
/// Asks Linux for 2 MiB pages: fewer walks of the page table where gigabytes of weights are read for every token. Elsewhere does nothing.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page, and the alignment that the memory should have.</summary>
    public const int Size = 2 << 20;

    private const int MadviseHugePage = 14;
    private static volatile bool _isMissing;

    /// <summary>Asks; the system may decline, and then nothing has changed.</summary>
    public static void Advise(void* start, nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || _isMissing)
        {
            return;
        }

        try
        {
            _ = madvise(start, bytes & ~((nuint)Size - 1), MadviseHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _isMissing = true; // a C library by another name; it was only advice
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* start, nuint bytes, int advice);
}
