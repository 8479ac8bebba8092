namespace Whorl.Formats;

/// <summary>Fetches the wanted tensors of a model's safetensors files into files of their own.</summary>
internal sealed class TensorPull(
    HubClient client, HubHttp http, HubReference reference, RepositoryListing listing, string folder, int maxParallelFiles, long? freeSpace)
{
    private const string Index = "model.safetensors.index.json";
    private const string Single = "model.safetensors";

    /// <summary>Fetches them, and copies the small files beside them.</summary>
    /// <param name="snapshot">The folder where the small files are.</param>
    /// <param name="small">Their names.</param>
    /// <param name="isWanted">Whether a tensor is wanted.</param>
    /// <param name="progress">Told of every step; may be null.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>The bytes of weights that were fetched.</returns>
    public async Task<long> RunAsync(
        string snapshot,
        IReadOnlyList<string> small,
        Func<string, bool> isWanted,
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

        SafetensorsSlice[] slices = await OpenAsync(WeightFiles(snapshot, small), isWanted, cancellationToken);
        if (slices.All(slice => slice.Tensors.Count == 0))
        {
            throw new HubException(HubErrorKind.Selection, $"{reference} has none of the wanted tensors");
        }

        Disk.Require(folder, slices.Sum(slice => slice.Size), $"the wanted tensors of {reference}", freeSpace);
        var totals = new ProgressTotals(progress, slices.Sum(slice => slice.Size));
        long fetched = 0;
        foreach (SafetensorsSlice slice in slices)
        {
            fetched += await slice.FetchAsync(Path.Combine(folder, slice.Name), totals, cancellationToken);
        }

        if (small.Contains(Index))
        {
            File.Copy(Path.Combine(snapshot, Index), Path.Combine(folder, Index));
        }

        return fetched;
    }

    // Reads the headers of all files, also of those without a wanted tensor: the folder is to know every tensor of the model.
    private async Task<SafetensorsSlice[]> OpenAsync(
        IReadOnlyList<string> names, Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        var slices = new SafetensorsSlice[names.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = maxParallelFiles, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, names.Count), parallel, async (i, token) =>
        {
            RemoteFile file = await client.DescribeAsync(reference, listing.Commit, names[i], token);
            slices[i] = new SafetensorsSlice(await RemoteSafetensors.OpenAsync(http, reference, file, token), isWanted);
        });
        return slices;
    }

    // The model's weight files, as its index tells; without an index there is one file.
    private IReadOnlyList<string> WeightFiles(string snapshot, IReadOnlyList<string> small)
    {
        if (small.Contains(Index))
        {
            return [.. SafetensorsIndex.Read(Path.Combine(snapshot, Index)).Files.Select(file => Path.GetFileName(file))];
        }

        return listing.Files.Contains(Single)
            ? [Single]
            : throw new HubException(
                HubErrorKind.Selection, $"{reference} has no safetensors, so no part of it can be fetched by itself; pull it whole");
    }
}
