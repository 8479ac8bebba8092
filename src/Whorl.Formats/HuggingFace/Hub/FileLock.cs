namespace Whorl.Formats;

/// <summary>A lock between processes, those of Hugging Face's tools included: a file that is held open.</summary>
internal static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits for a lock; disposing the result lets it go.</summary>
    /// <exception cref="IOException">The file cannot be made or opened, for another reason than that somebody holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static async Task<FileStream> AcquireAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                // Unix: an advisory flock, as Python's filelock takes; Windows: nobody else can open the file.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                // The systems tell nobody when a file's lock is free, so it has to be asked for.
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    /// <summary>Whether somebody has the file: every other error stays however long one waits.</summary>
    private static bool IsHeld(IOException error)
    {
        const int TryAgainLinux = 11;
        const int TryAgainMac = 35;
        const int WindowsSharing = unchecked((int)0x80070020);
        const int WindowsLock = unchecked((int)0x80070021);
        return error.HResult is TryAgainLinux or TryAgainMac or WindowsSharing or WindowsLock;
    }
}
