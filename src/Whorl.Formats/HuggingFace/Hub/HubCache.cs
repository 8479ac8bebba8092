namespace Whorl.Formats;

/// <summary>The folder in which downloaded models lie, shared with Hugging Face's other tools.</summary>
/// <param name="folder">Its path; it need not exist.</param>
public sealed class HubCache(string folder)
{
    /// <summary>The cache's full path.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>The models in the cache, sorted by name.</summary>
    public IReadOnlyList<CachedModel> List()
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(Folder, HubPaths.ModelPrefix + "*")
            .Select(ReadIfPossible).OrderBy(model => model.Id, StringComparer.Ordinal)];
    }

    /// <summary>A model of the cache, or null.</summary>
    public CachedModel? Find(string id)
    {
        string folder = HubPaths.ModelFolder(Folder, id);
        return Directory.Exists(folder) ? ReadIfPossible(folder) : null;
    }

    /// <summary>The commit a reference stands for, as far as the cache knows, or null.</summary>
    public string? FindCommit(HubReference reference)
    {
        if (HubPaths.IsCommit(reference.Revision))
        {
            return Directory.Exists(HubPaths.Snapshot(Folder, reference.Id, reference.Revision)) ? reference.Revision : null;
        }

        string path = HubPaths.Ref(Folder, reference.Id, reference.Revision);
        return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && HubPaths.IsCommit(commit) ? commit : null;
    }

    /// <summary>Removes a model with all its commits, or one commit and the contents that no other commit needs.</summary>
    /// <param name="id">The model, <c>org/name</c>.</param>
    /// <param name="commit">The commit; null for all.</param>
    /// <returns>The bytes that were freed; 0 where there was nothing to remove.</returns>
    /// <exception cref="IOException">A file is in use.</exception>
    /// <exception cref="HubException">The cache cannot be written.</exception>
    public long Remove(string id, string? commit = null)
    {
        if (!HubReference.TryParse(id, out HubReference? reference) || reference.Id != id || Find(id) is not { } model)
        {
            return 0;
        }

        if (commit is null || model.Revisions.All(revision => revision.Commit == commit))
        {
            Delete(() => Directory.Delete(model.Folder, recursive: true));
            string locks = Path.GetDirectoryName(HubPaths.Lock(Folder, id, "any"))!;
            if (Directory.Exists(locks))
            {
                Delete(() => Directory.Delete(locks, recursive: true));
            }

            return model.Size;
        }

        if (model.Revisions.FirstOrDefault(revision => revision.Commit == commit) is not { } removed)
        {
            return 0;
        }

        HashSet<string> before = BlobsOf(removed);
        Delete(() => Directory.Delete(removed.Folder, recursive: true));
        foreach (string name in removed.Refs)
        {
            File.Delete(HubPaths.Ref(Folder, id, name));
        }

        before.ExceptWith(model.Revisions.Where(revision => revision != removed).SelectMany(BlobsOf));
        foreach (string blob in before)
        {
            File.Delete(blob);
        }

        return model.Size - Find(id)!.Size;
    }

    /// <exception cref="HubException">The cache cannot be written.</exception>
    private void Delete(Action remove)
    {
        try
        {
            remove();
        }
        catch (Exception error) when (Disk.NotWritable(error, Folder) is { } refused)
        {
            throw new HubException(refused.Kind, $"nothing is removed: {refused.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HubException(
                HubErrorKind.ReadOnly,
                $"{Folder}: not everything can be removed: the cache may not be written, or a file of it is in use ({error.Message})",
                error);
        }
    }

    // One entry that another tool, or a person, has spoilt says nothing of the others.
    private static CachedModel ReadIfPossible(string folder)
    {
        string id = Path.GetFileName(folder)[HubPaths.ModelPrefix.Length..].Replace("--", "/", StringComparison.Ordinal);
        try
        {
            return Read(id, folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new CachedModel(id, folder, [], 0) { Fault = error.Message };
        }
    }

    private static CachedModel Read(string id, string folder)
    {
        string snapshots = Path.Combine(folder, "snapshots");
        ILookup<string, string> refs = Refs(folder);
        List<CachedRevision> revisions = !Directory.Exists(snapshots) ? [] :
            [.. Directory.EnumerateDirectories(snapshots).Order(StringComparer.Ordinal).Select(path => ReadRevision(path, refs))];
        return new CachedModel(id, folder, revisions, SizeOnDisk(folder));
    }

    private static CachedRevision ReadRevision(string folder, ILookup<string, string> refs)
    {
        string commit = Path.GetFileName(folder);
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal)];
        long size = files.Sum(file => SizeOf(Path.Combine(folder, HubPaths.Local(file))));
        string[] there = [.. files.Where(file => SnapshotLink.HasContent(Path.Combine(folder, HubPaths.Local(file))))];
        return new CachedRevision(commit, [.. refs[commit].Order(StringComparer.Ordinal)], folder, files, size)
        {
            Missing = [.. FileSelection.Missing(there, ShardsIn(folder, there)).Concat(files.Except(there)).Distinct().Order(StringComparer.Ordinal)],
            HasWeights = files.Any(FileSelection.HasWeights),
        };
    }

    private static IReadOnlyList<string>? ShardsIn(string folder, string[] there)
    {
        try
        {
            return there.Contains(FileSelection.Index) ? SafetensorsIndex.Read(Path.Combine(folder, FileSelection.Index)).Names : null;
        }
        catch (ModelFormatException)
        {
            return null; // an index that is no index tells of no shards
        }
    }

    // A name that leads nowhere, or to a folder, names no commit.
    private static ILookup<string, string> Refs(string folder)
    {
        string root = Path.Combine(folder, "refs");
        IEnumerable<string> files = Directory.Exists(root) ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories) : [];
        return files.Where(File.Exists).ToLookup(
            path => File.ReadAllText(path).Trim(), path => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'));
    }

    // What links point to lies in blobs and is counted there.
    private static long SizeOnDisk(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(path => new FileInfo(path)).Where(file => file.LinkTarget is null).Sum(file => file.Length);

    private static long SizeOf(string path)
    {
        if (!SnapshotLink.HasContent(path))
        {
            return 0;
        }

        var content = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        return content.Exists ? content.Length : 0;
    }

    private static HashSet<string> BlobsOf(CachedRevision revision) => [.. revision.Files
        .Where(file => SnapshotLink.HasContent(Path.Combine(revision.Folder, HubPaths.Local(file))))
        .Select(file => File.ResolveLinkTarget(Path.Combine(revision.Folder, HubPaths.Local(file)), returnFinalTarget: true)?.FullName)
        .OfType<string>()];
}
