using Whorl.Formats;

namespace Whorl;

/// <summary>From what a person calls a model to where it lies.</summary>
internal static class ModelLocator
{
    /// <summary>The model that comes with Whorl.</summary>
    public const string BuiltIn = "bard";

    /// <summary>A smaller one that guesses for it, and comes with Whorl too.</summary>
    public const string BuiltInDraft = "bard-draft";

    /// <summary>Where a model lies: a path, the built-in one where none is named, or one of the hub, which is fetched if need be.</summary>
    /// <param name="model">What it is called.</param>
    /// <param name="part">What of it is needed.</param>
    /// <param name="display">Shows how far a download is.</param>
    /// <param name="warn">Told of a name that has two meanings; null where nobody is.</param>
    /// <param name="cancellationToken">Stops fetching; what has arrived is kept.</param>
    /// <exception cref="WhorlException">There is no such model.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public static async Task<LocatedModel> FindAsync(
        string? model, ModelPart part, IDownloadDisplay display, Action<ModelWarning>? warn, CancellationToken cancellationToken)
    {
        if (model is BuiltIn or BuiltInDraft && File.Exists(Path.Combine(model, "config.json")))
        {
            warn?.Invoke(new ModelWarning(
                ModelWarningKind.Use,
                $"'{model}' is the folder here; the built-in model is meant where there is no such folder, or no model is named"));
        }
        else if (model is null or BuiltIn or BuiltInDraft)
        {
            string path = Path.Combine(AppContext.BaseDirectory, "models", model ?? BuiltIn);
            return Directory.Exists(path)
                ? new LocatedModel(path, path)
                : throw new WhorlException($"the built-in model is not where it should be, at {path}; install Whorl again");
        }

        if (Directory.Exists(model) || File.Exists(model))
        {
            return new LocatedModel(model, model);
        }

        if (IsFileName(model) || !HubReference.TryParse(model, out HubReference? reference))
        {
            throw new WhorlException(
                $"there is no folder or file '{model}', and no model of the hub can be called so; give a folder, a .gguf file, org/name, or '{BuiltIn}'");
        }

        using HubModels hub = new(display);
        if (!reference.Id.Contains('/', StringComparison.Ordinal) && hub.FindCached(reference) is null)
        {
            throw new WhorlException($"there is no folder or file '{model}'; give a folder, a .gguf file, a name on the hub as org/name, or '{BuiltIn}'");
        }

        try
        {
            return await hub.FindOrPullAsync(reference, part, cancellationToken);
        }
        catch (HubException e) when (e.Kind is HubErrorKind.NotFound or HubErrorKind.Network)
        {
            throw new WhorlException($"there is no folder or file '{model}', and as a name on the hub it cannot be fetched: {e.Message}");
        }
    }

    /// <summary>A file that is not there is no model of the hub, though its path may look like one.</summary>
    private static bool IsFileName(string model) => Path.GetExtension(model) is ".gguf" or ".safetensors" or ".json";
}
