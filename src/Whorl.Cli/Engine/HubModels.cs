using Whorl.Cli.Output;
using Whorl.Formats;
using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>Models that are called by their names on the hub.</summary>
internal sealed class HubModels : IDisposable
{
    private const string ConfigFile = "config.json";
    private readonly HubSettings _settings = HubSettings.FromEnvironment();
    private readonly PartStore _parts = PartStore.OfUser();
    private readonly HubClient _client;

    public HubModels() => _client = new HubClient(_settings);

    /// <summary>Fetches a model, or what is missing of it, with a progress bar.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    public Task<HubSnapshot> PullAsync(HubReference reference, CancellationToken cancellationToken)
    {
        RefuseOffline(reference);
        return DownloadProgress.ShowAsync(progress => _client.PullAsync(reference, progress, cancellationToken));
    }

    /// <summary>A model of the cache, or null.</summary>
    public HubSnapshot? FindCached(HubReference reference) => _client.FindCached(reference);

    /// <summary>Where a part of a model lies: in the whole model if the cache has it, else by itself, fetched if need be.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    public async Task<LocatedModel> FindOrPullAsync(HubReference reference, ModelPart part, CancellationToken cancellationToken)
    {
        if (_client.FindCached(reference) is { } cached)
        {
            return Located(cached);
        }

        if (reference.Quantisation is null && !part.IsWhole && await FindOrPullPartAsync(reference, part, cancellationToken) is { } folder)
        {
            return new LocatedModel(folder, reference.Id);
        }

        return Located(await PullAsync(reference, cancellationToken));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Null where the model's files allow no parts.</summary>
    private async Task<string?> FindOrPullPartAsync(HubReference reference, ModelPart part, CancellationToken cancellationToken)
    {
        string? there = _client.Cache.FindCommit(reference) is { } known ? _parts.FolderOf(reference.Id, known, part) : null;
        if (there is not null && PartStore.IsComplete(there))
        {
            return there;
        }

        RefuseOffline(reference);
        HubSnapshot config = await _client.PullFilesAsync(reference, file => file == ConfigFile, progress: null, cancellationToken);
        if (config.Files.Count == 0)
        {
            return null; // a GGUF file is fetched whole
        }

        Func<string, bool> isWanted = part.Tensors(CheckpointParts.Read(config.Folder));
        string folder = _parts.FolderOf(reference.Id, config.Commit, part);
        try
        {
            await DownloadProgress.ShowAsync(progress =>
                _client.PullTensorsAsync(reference with { Revision = config.Commit }, folder, isWanted, progress, cancellationToken));
            return folder;
        }
        catch (HubException e) when (e.Kind == HubErrorKind.Selection)
        {
            return null; // no safetensors: what there is instead is fetched whole
        }
    }

    private void RefuseOffline(HubReference reference)
    {
        if (_settings.Offline && _client.FindCached(reference) is null)
        {
            throw new CliException(
                $"{reference} is not in {_client.Cache.Folder}, and HF_HUB_OFFLINE is set; unset it and run: whorl pull {reference}");
        }
    }

    /// <summary>A folder of the cache is called by a commit, which names nothing; a GGUF file has a name of its own.</summary>
    private static LocatedModel Located(HubSnapshot snapshot) =>
        new(snapshot.ModelPath, snapshot.ModelPath == snapshot.Folder ? snapshot.Reference.Id : snapshot.ModelPath);
}
