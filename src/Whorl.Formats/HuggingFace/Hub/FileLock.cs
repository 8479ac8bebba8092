namespace Whorl.Formats;

/// <summary>A lock between processes, those of Hugging Face's tools included: a file that is held open.</summary>
internal static class FileLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits for a lock; disposing the result lets it go.</summary>
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
            catch (IOException) when (File.Exists(path))
            {
                // The systems tell nobody when a file's lock is free, so it has to be asked for.
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }
}
