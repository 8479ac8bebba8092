using Whorl.Formats;
using Whorl.Models;
using Whorl.Tokenizers;

namespace Whorl;

/// <summary>Models that are called by their names on the hub.</summary>
internal sealed class HubModels : IDisposable
{
    private const string TokenizerConfig = "tokenizer_config.json";
    private readonly HubSettings _settings = HubSettings.FromEnvironment();
    private readonly PartStore _parts = PartStore.OfUser();
    private readonly HubClient _client;
    private readonly IDownloadDisplay _display;

    /// <param name="display">Shows how far a download is.</param>
    public HubModels(IDownloadDisplay display) => (_client, _display) = (new HubClient(_settings), display);

    /// <summary>Fetches a model, or what is missing of it, and shows how far it is.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    public Task<HubSnapshot> PullAsync(HubReference reference, CancellationToken cancellationToken)
    {
        RefuseOffline(reference);
        return _display.ShowAsync(progress => _client.PullAsync(reference, progress, cancellationToken));
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

        if (part == ModelPart.Whole)
        {
            return Located(await PullAsync(reference, cancellationToken));
        }

        if (part != ModelPart.Tokenizer)
        {
            return await FindOrPullPartAsync(reference, part, cancellationToken);
        }

        return await FindOrPullTokenizerFilesAsync(reference, cancellationToken)
            ?? await FindOrPullPartAsync(reference, ModelPart.Headers, cancellationToken); // in GGUF the tokenizer is in the header
    }

    public void Dispose() => _client.Dispose();

    private async Task<LocatedModel> FindOrPullPartAsync(HubReference reference, ModelPart part, CancellationToken cancellationToken)
    {
        string known = _client.Cache.FindCommit(reference) ?? reference.Revision; // which may be a commit itself
        if (HubClient.FindPart(_parts.FolderOf(reference, known, part)) is { } there)
        {
            return Located(reference, there);
        }

        RefuseOffline(reference);
        string commit = (await _client.PullFilesAsync(reference, _ => false, progress: null, cancellationToken)).Commit;
        HubPart pulled = await _display.ShowAsync(progress => _client.PullTensorsAsync(
            reference with { Revision = commit },
            _parts.FolderOf(reference, commit, part),
            path => part.Tensors(CheckpointParts.Read(path)),
            progress,
            cancellationToken));
        return Located(reference, pulled.ModelPath);
    }

    /// <summary>
    /// The files beside the weights, in the shared cache; null where the repository has no tokenizer in files of its own.
    /// </summary>
    private async Task<LocatedModel?> FindOrPullTokenizerFilesAsync(HubReference reference, CancellationToken cancellationToken)
    {
        if (reference.Quantisation is not null)
        {
            return null;
        }

        // Where another tool fetched one file of them, the others are still to come.
        if (_client.FindCachedFiles(reference) is { } there && Tokenizer.IsInFolder(there.Folder)
            && (_settings.Offline || there.Files.Contains(TokenizerConfig)))
        {
            return Located(reference, there.Folder);
        }

        if (_settings.Offline)
        {
            return null;
        }

        HubSnapshot pulled = await _client.PullFilesAsync(reference, HubClient.IsConfiguration, progress: null, cancellationToken);
        return Tokenizer.IsInFolder(pulled.Folder) ? Located(reference, pulled.Folder) : null;
    }

    private void RefuseOffline(HubReference reference)
    {
        if (_settings.Offline && _client.FindCached(reference) is null)
        {
            throw new WhorlException(
                $"{reference} is not in {_client.Cache.Folder}, and HF_HUB_OFFLINE is set; unset it and run: whorl pull {reference}");
        }
    }

    /// <summary>A folder of the cache is called by a commit, which names nothing; a GGUF file has a name of its own.</summary>
    private static LocatedModel Located(HubSnapshot snapshot) =>
        Located(snapshot.Reference, snapshot.ModelPath);

    private static LocatedModel Located(HubReference reference, string path) => new(path, Directory.Exists(path) ? reference.Id : path);
}
