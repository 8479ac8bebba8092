using System.Globalization;

namespace Whorl.Formats;

/// <summary>Fetches models from a Hugging Face hub into the cache that its other tools share.</summary>
/// <remarks>Nothing is asked of the network unless a method says so. Safe for use by several threads, and beside other processes.</remarks>
public sealed class HubClient : IDisposable
{
    private const int MaxListingBytes = 64 << 20;
    private readonly HubHttp _http;
    private readonly HubSettings _settings;
    private readonly TimeProvider _clock;

    /// <summary>A client of the hub that the settings name.</summary>
    /// <param name="settings">Where hub and cache are.</param>
    /// <param name="handler">
    /// Makes the requests, and must follow no redirects itself; null for the system's sockets. Disposed with the client.
    /// </param>
    /// <param name="clock">Measures waits and silence; null for the system's.</param>
    public HubClient(HubSettings settings, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _clock = clock ?? TimeProvider.System;
        _http = new HubHttp(settings, handler, _clock);
        Cache = new HubCache(settings.CacheFolder);
    }

    /// <summary>The cache that files go to.</summary>
    public HubCache Cache { get; }

    /// <summary>Opens unfinished files; tests put failing disks here.</summary>
    internal Func<string, Stream> OpenPartial { get; init; } = BlobDownload.OpenFile;

    /// <summary>Makes symbolic links; tests put systems without them here.</summary>
    internal Action<string, string> MakeLink { get; init; } = SnapshotLink.MakeSymbolicLink;

    /// <summary>The bytes free where the cache is; null asks the system.</summary>
    internal long? FreeSpace { get; init; }

    /// <summary>Fetches what is missing of a model: configuration, tokenizer and weights, or the GGUF file that is meant.</summary>
    /// <param name="reference">The model.</param>
    /// <param name="progress">Told of every step; called from several threads.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept, and the next call goes on from there.</param>
    /// <returns>Where the files are. Offline: what the cache has of the revision.</returns>
    /// <exception cref="HubException">It cannot be had; the message says what to do.</exception>
    public async Task<HubSnapshot> PullAsync(
        HubReference reference, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (_settings.Offline)
        {
            return FindCached(reference) ?? throw new HubException(
                HubErrorKind.Offline, $"{reference} is not in {Cache.Folder}, and HF_HUB_OFFLINE is set: unset it to fetch the model");
        }

        RepositoryListing listing = await ListAsync(reference, cancellationToken);
        string folder = SnapshotFolder(reference, listing.Commit);
        IReadOnlyList<string>? shards = null;
        if (FileSelection.NeedsIndex(listing.Files, reference))
        {
            await DownloadAsync(reference, listing, [FileSelection.Index], progress: null, cancellationToken);
            shards = ShardsIn(folder);
            if (shards.FirstOrDefault(shard => !listing.Files.Contains(shard)) is { } missing)
            {
                throw new HubException(
                    HubErrorKind.Selection,
                    $"{reference.Id}: its {FileSelection.Index} names {missing}, which the repository does not have");
            }
        }

        IReadOnlyList<string> wanted = FileSelection.Select(listing.Files, reference, shards);
        await DownloadAsync(reference, listing, wanted, progress, cancellationToken);
        return new HubSnapshot(reference, listing.Commit, folder, wanted);
    }

    /// <summary>Fetches some files of a model, whatever they are.</summary>
    /// <param name="reference">The model.</param>
    /// <param name="select">Which of its files, by their names in the repository.</param>
    /// <param name="progress">Told of every step; called from several threads.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <exception cref="HubException">They cannot be had; the message says what to do.</exception>
    public async Task<HubSnapshot> PullFilesAsync(
        HubReference reference,
        Func<string, bool> select,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(select);
        RefuseOffline(reference);
        RepositoryListing listing = await ListAsync(reference, cancellationToken);
        string[] wanted = [.. listing.Files.Where(select).Order(StringComparer.Ordinal)];
        await DownloadAsync(reference, listing, wanted, progress, cancellationToken);
        return new HubSnapshot(reference, listing.Commit, SnapshotFolder(reference, listing.Commit), wanted);
    }

    /// <summary>
    /// What the cache has of a model's revision, without a question to the network; null where it has not all that is meant.
    /// </summary>
    public HubSnapshot? FindCached(HubReference reference)
    {
        if (FindCachedFiles(reference) is not { } there)
        {
            return null;
        }

        try
        {
            IReadOnlyList<string>? shards = FileSelection.NeedsIndex(there.Files, reference) ? ShardsIn(there.Folder) : null;
            IReadOnlyList<string> files = FileSelection.Select(there.Files, reference, shards);
            return FileSelection.IsWhole(files, there.Files) ? there with { Files = files } : null;
        }
        catch (Exception error) when (error is HubException { Kind: HubErrorKind.Selection } or ModelFormatException)
        {
            return null; // an index that is no index tells of no model
        }
    }

    /// <summary>The files that the cache has of a model's revision, be they few, without a question to the network; null for none.</summary>
    public HubSnapshot? FindCachedFiles(HubReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (Cache.FindCommit(reference) is not { } commit
            || Cache.Find(reference.Id)?.Revisions.FirstOrDefault(revision => revision.Commit == commit) is not { } revision)
        {
            return null;
        }

        string[] there =
            [.. revision.Files.Where(file => SnapshotLink.HasContent(Path.Combine(revision.Folder, HubPaths.Local(file))))];
        return new HubSnapshot(reference, commit, revision.Folder, there);
    }

    /// <summary>Whether a file is one of the small ones beside the weights: configuration, tokenizer, chat template.</summary>
    /// <param name="file">Its name in the repository.</param>
    public static bool IsConfiguration(string file) => FileSelection.IsConfiguration(file);

    /// <summary>
    /// Fetches only some tensors of a model, as a server of a few blocks needs them: by byte range, into a folder that opens as the
    /// model does and names all its tensors, but has the bytes of these only. Lengths are checked; a checksum of parts of a file there
    /// is none.
    /// </summary>
    /// <param name="reference">The model.</param>
    /// <param name="folder">
    /// Gets one file for each of the model's safetensors or GGUF files, with the wanted tensors and the headers; beside safetensors also
    /// configuration and tokenizer. It must be outside the cache, where other tools would take its files for whole ones.
    /// </param>
    /// <param name="choose">
    /// Tells by name which tensors are wanted, given a model without any: a folder with config.json, or a GGUF file. To choose null is to
    /// want none, but the headers.
    /// </param>
    /// <param name="progress">Told of every step of the weights.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept, and the next call for the same tensors goes on from there.</param>
    /// <exception cref="HubException">They cannot be had; the message says what to do.</exception>
    /// <exception cref="ModelFormatException">The model's files are not well formed.</exception>
    public async Task<HubPart> PullTensorsAsync(
        HubReference reference,
        string folder,
        Func<string, Func<string, bool>?> choose,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(choose);
        RefuseOffline(reference);
        RepositoryListing listing = await ListAsync(reference, cancellationToken);
        IReadOnlyList<string> names = FileSelection.Select(listing.Files, reference, shards: null);
        var pull = new TensorPull(this, _http, reference, listing, folder, _settings.MaxParallelFiles, FreeSpace);
        if (names.All(FileSelection.IsGguf))
        {
            return await pull.PullGgufAsync(names, choose, progress, cancellationToken);
        }

        string[] small = [.. names.Where(FileSelection.IsConfiguration)];
        await DownloadAsync(reference, listing, small, progress: null, cancellationToken);
        return await pull.PullSafetensorsAsync(SnapshotFolder(reference, listing.Commit), small, choose, progress, cancellationToken);
    }

    /// <summary>What to open of a part that <see cref="PullTensorsAsync"/> has fetched whole into a folder; else null.</summary>
    public static string? FindPart(string folder) => TensorPull.FindModel(folder);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>What the hub says of one file.</summary>
    internal Task<RemoteFile> DescribeAsync(HubReference reference, string commit, string name, CancellationToken cancellationToken) =>
        _http.HeadAsync(
            _http.FileAddress(reference.Id, commit, name),
            reference,
            response => ReadDescription(response, reference, commit, name),
            cancellationToken);

    private static RemoteFile ReadDescription(HttpResponseMessage response, HubReference reference, string commit, string name)
    {
        string? Header(string header) => response.Headers.TryGetValues(header, out IEnumerable<string>? values) ? values.First() : null;
        string? etag = HubPaths.BlobName(Header("X-Linked-Etag") ?? Header("ETag"));
        long? size = long.TryParse(Header("X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long linked)
            ? linked
            : response.IsSuccessStatusCode ? response.Content.Headers.ContentLength : null;
        if (etag is null || size is null || (Header("X-Repo-Commit") is { } actual && actual != commit))
        {
            throw new HubException(
                HubErrorKind.InvalidResponse,
                $"{reference}: the hub tells no usable ETag, size or commit of {name}; is a proxy in between?");
        }

        return new RemoteFile(name, commit, etag, size.Value);
    }

    private void RefuseOffline(HubReference reference)
    {
        if (_settings.Offline)
        {
            throw new HubException(HubErrorKind.Offline, $"{reference} cannot be fetched while HF_HUB_OFFLINE is set");
        }
    }

    /// <summary>The names of the files that a folder's index names.</summary>
    /// <exception cref="ModelFormatException">The index is not well formed.</exception>
    private static IReadOnlyList<string> ShardsIn(string folder) =>
        SafetensorsIndex.Read(Path.Combine(folder, FileSelection.Index)).Names;

    private string SnapshotFolder(HubReference reference, string commit) => HubPaths.Snapshot(Cache.Folder, reference.Id, commit);

    private async Task<RepositoryListing> ListAsync(HubReference reference, CancellationToken cancellationToken) => RepositoryListing.Read(
        await _http.GetAsync(_http.ListingAddress(reference), reference, MaxListingBytes, cancellationToken), reference);

    private async Task DownloadAsync(
        HubReference reference,
        RepositoryListing listing,
        IReadOnlyList<string> names,
        IProgress<HubProgress>? progress,
        CancellationToken cancellationToken)
    {
        var files = new RemoteFile[names.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _settings.MaxParallelFiles, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, names.Count), parallel, async (i, token) =>
            files[i] = await DescribeAsync(reference, listing.Commit, names[i], token));
        if (Cache.FindCommit(reference) == listing.Commit && files.All(file => HasAlready(reference, file)))
        {
            return; // a cache that cannot be written may be read
        }

        try
        {
            RequireSpace(reference, files);
            var totals = new ProgressTotals(progress, files.Sum(file => file.Size));
            await Parallel.ForEachAsync(files, parallel, async (file, token) => await DownloadAsync(reference, file, totals, token));
            await WriteRefAsync(reference, listing.Commit, cancellationToken);
        }
        catch (Exception error) when (Disk.NotWritable(error, Cache.Folder) is { } refused)
        {
            throw refused;
        }
    }

    /// <summary>Whether nothing is to be written for a file: its content is there, where it belongs.</summary>
    private bool HasAlready(HubReference reference, RemoteFile file)
    {
        string path = Path.Combine(SnapshotFolder(reference, file.Commit), HubPaths.Local(file.Name));
        return File.Exists(path)
            && Path.GetFileName(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName) == file.ETag
            && new FileInfo(HubPaths.Blob(Cache.Folder, reference.Id, file.ETag)) is { Exists: true } blob && blob.Length == file.Size;
    }

    private void RequireSpace(HubReference reference, IEnumerable<RemoteFile> files)
    {
        string blobs = Path.GetDirectoryName(HubPaths.Blob(Cache.Folder, reference.Id, "any"))!;
        Directory.CreateDirectory(blobs);
        long needed = files.DistinctBy(file => file.ETag).Sum(file =>
        {
            string blob = HubPaths.Blob(Cache.Folder, reference.Id, file.ETag);
            long there = new FileInfo(blob + ".incomplete") is { Exists: true, Length: var length } ? length : 0;
            return File.Exists(blob) ? 0 : Math.Max(0, file.Size - there);
        });
        Disk.Require(blobs, needed, reference.ToString(), FreeSpace);
    }

    private async Task DownloadAsync(HubReference reference, RemoteFile file, ProgressTotals totals, CancellationToken cancellationToken)
    {
        string blob = HubPaths.Blob(Cache.Folder, reference.Id, file.ETag);
        string path = Path.Combine(SnapshotFolder(reference, file.Commit), HubPaths.Local(file.Name));
        string guard = HubPaths.Lock(Cache.Folder, reference.Id, file.ETag);
        await using (FileStream held = await FileLock.AcquireAsync(guard, _clock, cancellationToken))
        {
            if (!File.Exists(blob))
            {
                var download = new BlobDownload(_http, reference, file, blob, OpenPartial, bytes => totals.Report(file, bytes));
                await download.RunAsync(cancellationToken);
            }

            SnapshotLink.Create(path, blob, MakeLink);
        }

        totals.Report(file, file.Size);
    }

    // A commit stands for itself; a branch or tag is remembered, for use without the network.
    private async Task WriteRefAsync(HubReference reference, string commit, CancellationToken cancellationToken)
    {
        if (reference.Revision == commit)
        {
            return;
        }

        string path = HubPaths.Ref(Cache.Folder, reference.Id, reference.Revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, commit, cancellationToken);
    }
}
