using System.Text.Json;

namespace Whorl.Formats;

/// <summary>Fetches the wanted tensors of a model's safetensors files into files of their own.</summary>
internal sealed class TensorPull(
    HubClient client, HubHttp http, HubReference reference, RepositoryListing listing, string folder, long? freeSpace)
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
        Directory.CreateDirectory(folder);
        foreach (string name in small.Where(name => name != Index))
        {
            File.Copy(Path.Combine(snapshot, name), Path.Combine(folder, name), overwrite: true);
        }

        var slices = new List<SafetensorsSlice>();
        foreach (string name in FilesWith(snapshot, small, isWanted))
        {
            RemoteFile file = await client.DescribeAsync(reference, listing.Commit, name, cancellationToken);
            RemoteSafetensors remote = await RemoteSafetensors.OpenAsync(http, reference, file, cancellationToken);
            slices.Add(new SafetensorsSlice(remote, isWanted));
        }

        slices.RemoveAll(slice => slice.Tensors.Count == 0);
        if (slices.Count == 0)
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

        await WriteIndexAsync(slices, cancellationToken);
        return fetched;
    }

    // The model's weight files that hold a wanted tensor, as its index tells; without an index there is one file.
    private IReadOnlyList<string> FilesWith(string snapshot, IReadOnlyList<string> small, Func<string, bool> isWanted)
    {
        if (small.Contains(Index))
        {
            var index = SafetensorsIndex.Read(Path.Combine(snapshot, Index));
            return [.. index.Tensors.Where(tensor => isWanted(tensor.Key)).Select(tensor => Path.GetFileName(tensor.Value))
                .Distinct().Order(StringComparer.Ordinal)];
        }

        return listing.Files.Contains(Single)
            ? [Single]
            : throw new HubException(
                HubErrorKind.Selection, $"{reference} has no safetensors, so no part of it can be fetched by itself; pull it whole");
    }

    private async Task WriteIndexAsync(List<SafetensorsSlice> slices, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, Index);
        File.Delete(path);
        if (slices is [{ Name: Single }])
        {
            return;
        }

        using var json = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("weight_map");
            foreach (SafetensorsSlice slice in slices)
            {
                foreach (TensorEntry tensor in slice.Tensors)
                {
                    writer.WriteString(tensor.Name, slice.Name);
                }
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        await File.WriteAllBytesAsync(path, json.ToArray(), cancellationToken);
    }
}
