namespace Whorl.Formats;

/// <summary>Room on disk, and the errors of having none.</summary>
internal static class Disk
{
    /// <summary>Refuses what does not fit, before any byte of it is fetched.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="needed">The bytes still to be written there.</param>
    /// <param name="what">What needs them.</param>
    /// <param name="free">The bytes free there; null asks the system.</param>
    /// <exception cref="HubException">Less than that is free.</exception>
    public static void Require(string folder, long needed, string what, long? free = null)
    {
        long available = free ?? new DriveInfo(folder).AvailableFreeSpace;
        if (needed > available)
        {
            throw Full(folder, needed, what, null, $", {available} are free");
        }
    }

    /// <summary>Whether an error tells that the disk, or the user's share of it, is full.</summary>
    public static bool IsFull(IOException error)
    {
        const int NoSpace = 28;
        const int QuotaLinux = 122;
        const int QuotaMac = 69;
        const int WindowsDiskFull = unchecked((int)0x80070070);
        const int WindowsHandleDiskFull = unchecked((int)0x80070027);
        return error.HResult is NoSpace or QuotaLinux or QuotaMac or WindowsDiskFull or WindowsHandleDiskFull;
    }

    /// <summary>What an error of writing into a folder comes to, where the folder cannot be written at all; else null.</summary>
    /// <param name="error">The error.</param>
    /// <param name="folder">The folder.</param>
    public static HubException? NotWritable(Exception error, string folder)
    {
        const int NotPermitted = 1;
        const int Denied = 13;
        const int ReadOnly = 30;
        const int WindowsWriteProtected = unchecked((int)0x80070013);
        return error is UnauthorizedAccessException { HResult: ReadOnly } or IOException { HResult: ReadOnly or WindowsWriteProtected }
            || (error is UnauthorizedAccessException && error.InnerException is IOException { HResult: ReadOnly })
            ? Refused("is on a file system that is read-only")
            : error is UnauthorizedAccessException or IOException { HResult: NotPermitted or Denied }
            ? Refused("may not be written by this user")
            : null;

        HubException Refused(string why) =>
            new(HubErrorKind.ReadOnly, $"{folder} {why}; give another cache with HF_HUB_CACHE", error);
    }

    public static HubException Full(string folder, long needed, string what, IOException? cause, string detail = "") => new(
        HubErrorKind.DiskFull,
        $"{folder}: the disk has no room for {what}: {needed} more bytes are needed{detail}; "
        + "free some, or move the cache with HF_HUB_CACHE",
        cause);
}
