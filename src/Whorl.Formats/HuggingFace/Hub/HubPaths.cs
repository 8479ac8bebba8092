using System.Text.RegularExpressions;

namespace Whorl.Formats;

/// <summary>The layout of the cache, which Hugging Face's tools share, and the checks of names before they become paths.</summary>
/// <remarks>
/// <c>models--org--name/blobs/&lt;etag&gt;</c> holds contents, <c>snapshots/&lt;commit&gt;/&lt;file&gt;</c> links to them,
/// <c>refs/&lt;revision&gt;</c> holds a commit; <c>.locks/models--org--name/&lt;etag&gt;.lock</c> guards a download.
/// Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
/// </remarks>
internal static partial class HubPaths
{
    public const string ModelPrefix = "models--";
    private const int MaxFileName = 500;

    public static string ModelFolder(string cache, string id) =>
        Path.Combine(cache, ModelPrefix + id.Replace("/", "--", StringComparison.Ordinal));

    public static string Blob(string cache, string id, string etag) => Path.Combine(ModelFolder(cache, id), "blobs", etag);

    public static string Snapshot(string cache, string id, string commit) => Path.Combine(ModelFolder(cache, id), "snapshots", commit);

    public static string Ref(string cache, string id, string revision) => Path.Combine(ModelFolder(cache, id), "refs", Local(revision));

    public static string Lock(string cache, string id, string etag) =>
        Path.Combine(cache, ".locks", ModelPrefix + id.Replace("/", "--", StringComparison.Ordinal), etag + ".lock");

    /// <summary>A repository's path with this system's separators.</summary>
    public static string Local(string path) => path.Replace('/', Path.DirectorySeparatorChar);

    public static bool IsCommit(string? text) => text is not null && Commit().IsMatch(text);

    /// <summary>The name of a blob that an ETag gives, or null where it could not be a file's name.</summary>
    public static string? BlobName(string? etag)
    {
        string? name = etag?.Trim();
        name = name is not null && name.StartsWith("W/", StringComparison.Ordinal) ? name[2..] : name;
        name = name?.Trim('"');
        return name is not null && ETag().IsMatch(name) && name.Trim('.').Length > 0 ? name : null;
    }

    /// <summary>Whether a file of a repository stays within its folder on every system.</summary>
    public static bool IsSafe(string file) => file.Length is > 0 and <= MaxFileName
        && file.IndexOfAny(['\\', ':', '\0', '*', '?', '"', '<', '>', '|']) < 0
        && !file.Any(char.IsControl)
        && file.Split('/').All(part => part.Length > 0 && part.Trim('.', ' ').Length > 0);

    [GeneratedRegex(@"^[0-9a-f]{40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Commit();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ETag();
}
