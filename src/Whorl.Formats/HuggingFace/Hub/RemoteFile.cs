namespace Whorl.Formats;

/// <summary>What the hub says of a file.</summary>
/// <param name="Name">Its name in the repository.</param>
/// <param name="Commit">The commit it belongs to.</param>
/// <param name="ETag">The name of its content: a sha256 for large files, git's sha1 for others; the blob's name in the cache.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record RemoteFile(string Name, string Commit, string ETag, long Size);
