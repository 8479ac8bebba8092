namespace Whorl.Formats;

/// <summary>One commit of a model that the cache holds, whole or in part.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Refs">The branches and tags that last stood for it.</param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Files">Its files by their names in the repository, sorted.</param>
/// <param name="Size">The bytes of these files; some may be shared with other commits.</param>
public sealed record CachedRevision(string Commit, IReadOnlyList<string> Refs, string Folder, IReadOnlyList<string> Files, long Size)
{
    /// <summary>The files that it lacks, as far as those that are there tell: shards that its index names, parts of a split file, contents that are gone.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Whether it has weights at all, whole or not; else it is a configuration or a tokenizer alone, or weights of another format.</summary>
    public bool HasWeights { get; init; } = true;
}
