namespace Whorl.Formats;

/// <summary>Adds up the progress of files that are fetched at the same time.</summary>
internal sealed class ProgressTotals(IProgress<HubProgress>? progress, long totalSize)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _bytes = [];
    private long _total;

    public void Report(RemoteFile file, long bytes)
    {
        HubProgress now;
        lock (_gate)
        {
            _total += bytes - _bytes.GetValueOrDefault(file.Name);
            _bytes[file.Name] = bytes;
            now = new HubProgress(file.Name, bytes, file.Size, _total, totalSize);
        }

        progress?.Report(now);
    }
}
