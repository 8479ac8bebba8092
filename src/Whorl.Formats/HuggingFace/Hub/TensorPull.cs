namespace Whorl.Formats;

/// <summary>Fetches the wanted tensors of a model's safetensors or GGUF files into files of their own.</summary>
internal sealed class TensorPull(
    HubClient client, HubHttp http, HubReference reference, RepositoryListing listing, string folder, int maxParallelFiles, long? freeSpace)
{
    private const string Index = FileSelection.Index;
    private const string Single = "model.safetensors";
    private const string HeadersFolder = "headers";

    /// <summary>What to open in a folder where all wanted tensors are; null where something is missing.</summary>
    public static string? FindModel(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        if (File.Exists(Path.Combine(folder, Single)) || File.Exists(Path.Combine(folder, Index)))
        {
            return folder;
        }

        string[] names = [.. Directory.EnumerateFiles(folder, "*.gguf").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        return names.Length > 0 && FileSelection.IsComplete(names) ? Path.Combine(folder, names[0]) : null;
    }

    /// <summary>Fetches the wanted tensors of safetensors files, and copies the small files beside them.</summary>
    /// <param name="snapshot">The folder where the small files are.</param>
    /// <param name="small">Their names.</param>
    /// <param name="choose">As of <see cref="HubClient.PullTensorsAsync"/>.</param>
    /// <param name="progress">Told of every step; may be null.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    public async Task<HubPart> PullSafetensorsAsync(
        string snapshot,
        IReadOnlyList<string> small,
        Func<string, Func<string, bool>?> choose,
        IProgress<HubProgress>? progress,
        CancellationToken cancellationToken)
    {
        // The index comes last: a folder that has it, or the one file of a model without, is complete.
        Directory.CreateDirectory(folder);
        File.Delete(Path.Combine(folder, Index));
        foreach (string name in small.Where(name => name != Index))
        {
            File.Copy(Path.Combine(snapshot, name), Path.Combine(folder, name), overwrite: true);
        }

        Func<string, bool>? isWanted = choose(folder);
        RemoteWeights[] files = await OpenAsync(WeightFiles(snapshot, small), cancellationToken);
        long fetched = await FetchAsync(files, isWanted, progress, cancellationToken);
        if (small.Contains(Index))
        {
            File.Copy(Path.Combine(snapshot, Index), Path.Combine(folder, Index));
        }

        return new HubPart(folder, fetched);
    }

    /// <summary>Fetches the wanted tensors of a GGUF file, or of the parts of a split one.</summary>
    /// <param name="names">The files.</param>
    /// <param name="choose">As of <see cref="HubClient.PullTensorsAsync"/>.</param>
    /// <param name="progress">Told of every step; may be null.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    public async Task<HubPart> PullGgufAsync(
        IReadOnlyList<string> names,
        Func<string, Func<string, bool>?> choose,
        IProgress<HubProgress>? progress,
        CancellationToken cancellationToken)
    {
        RemoteWeights[] files = await OpenAsync(names, cancellationToken);
        Func<string, bool>? isWanted = await ChooseAsync(files, choose, cancellationToken);
        long fetched = await FetchAsync(files, isWanted, progress, cancellationToken);
        return new HubPart(FindModel(folder)!, fetched);
    }

    // Which tensors there are is known only now: who chooses is shown the headers as files of their own.
    private async Task<Func<string, bool>?> ChooseAsync(
        RemoteWeights[] files, Func<string, Func<string, bool>?> choose, CancellationToken cancellationToken)
    {
        string headers = Path.Combine(folder, HeadersFolder);
        Directory.CreateDirectory(headers);
        try
        {
            foreach (TensorSlice header in files.Select(file => file.Slice(_ => false)))
            {
                await header.FetchAsync(Path.Combine(headers, header.Name), new ProgressTotals(null, 0), cancellationToken);
            }

            return choose(FindModel(headers)!);
        }
        finally
        {
            Directory.Delete(headers, recursive: true);
        }
    }

    private async Task<long> FetchAsync(
        RemoteWeights[] files, Func<string, bool>? isWanted, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        TensorSlice[] slices = [.. files.Select(file => file.Slice(isWanted ?? (_ => false)))];
        if (isWanted is not null && slices.All(slice => slice.Tensors == 0))
        {
            throw new HubException(HubErrorKind.Selection, $"{reference} has none of the wanted tensors");
        }

        Disk.Require(folder, slices.Sum(slice => slice.Size), $"the wanted tensors of {reference}", freeSpace);
        var totals = new ProgressTotals(progress, slices.Sum(slice => slice.Size));
        long fetched = 0;
        foreach (TensorSlice slice in slices)
        {
            fetched += await slice.FetchAsync(Path.Combine(folder, HubPaths.Local(slice.Name)), totals, cancellationToken);
        }

        return fetched;
    }

    // Reads the headers of all files, also of those without a wanted tensor: the folder is to know every tensor of the model.
    private async Task<RemoteWeights[]> OpenAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var files = new RemoteWeights[names.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = maxParallelFiles, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, names.Count), parallel, async (i, token) =>
        {
            RemoteFile file = await client.DescribeAsync(reference, listing.Commit, names[i], token);
            var content = new RemoteContent(http, reference, file);
            files[i] = FileSelection.IsGguf(names[i])
                ? await RemoteGguf.OpenAsync(content, token)
                : await RemoteSafetensors.OpenAsync(content, token);
        });
        return files;
    }

    // The model's weight files, as its index tells; without an index there is one file.
    private IReadOnlyList<string> WeightFiles(string snapshot, IReadOnlyList<string> small) =>
        FileSelection.NeedsIndex(listing.Files, reference) && small.Contains(Index)
        ? SafetensorsIndex.Read(Path.Combine(snapshot, Index)).Names
        : [Single];
}
