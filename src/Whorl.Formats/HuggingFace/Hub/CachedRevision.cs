namespace Whorl.Formats;

/// <summary>One commit of a model that the cache holds, whole or in part.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Refs">The branches and tags that last stood for it.</param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Files">Its files by their names in the repository, sorted.</param>
/// <param name="Size">The bytes of these files; some may be shared with other commits.</param>
public sealed record CachedRevision(string Commit, IReadOnlyList<string> Refs, string Folder, IReadOnlyList<string> Files, long Size);
