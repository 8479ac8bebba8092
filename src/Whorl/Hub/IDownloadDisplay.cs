using Whorl.Formats;

namespace Whorl;

/// <summary>Shows how far a download is, where there is one.</summary>
internal interface IDownloadDisplay
{
    /// <summary>Does the work, and shows what it reports meanwhile.</summary>
    Task<T> ShowAsync<T>(Func<IProgress<HubProgress>?, Task<T>> work);
}
