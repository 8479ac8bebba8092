namespace Whorl.Formats;

/// <summary>A model that the cache holds.</summary>
/// <param name="Id">Its name, <c>org/name</c>.</param>
/// <param name="Folder">Its folder in the cache.</param>
/// <param name="Revisions">Its commits, by name.</param>
/// <param name="Size">The bytes it takes on disk, files that commits share counted once and unfinished downloads included.</param>
public sealed record CachedModel(string Id, string Folder, IReadOnlyList<CachedRevision> Revisions, long Size)
{
    /// <summary>Why nothing is known of it but its name; null where all is well.</summary>
    public string? Fault { get; init; }
}
