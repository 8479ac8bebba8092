using Whorl.Formats;

namespace Whorl;

/// <summary>Passes on how far a download is.</summary>
/// <param name="progress">To whom; null for nobody.</param>
internal sealed class DownloadReport(IProgress<HubProgress>? progress) : IDownloadDisplay
{
    /// <inheritdoc/>
    public Task<T> ShowAsync<T>(Func<IProgress<HubProgress>?, Task<T>> work) => work(progress);
}
