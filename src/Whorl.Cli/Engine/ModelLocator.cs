namespace Whorl.Cli.Engine;

/// <summary>From what a person calls a model to where it lies.</summary>
internal static class ModelLocator
{
    /// <summary>The model that comes with Whorl.</summary>
    public const string BuiltIn = "bard";

    /// <summary>The path of a model; the built-in one where none is named.</summary>
    /// <exception cref="CliException">There is no such file or folder.</exception>
    public static string Find(string? model)
    {
        if (model is null or BuiltIn && !Directory.Exists(BuiltIn))
        {
            string path = Path.Combine(AppContext.BaseDirectory, "models", BuiltIn);
            return Directory.Exists(path) ? path : throw new CliException($"the built-in model is not where it should be, at {path}; install Whorl again");
        }

        return Directory.Exists(model) || File.Exists(model)
            ? model
            : throw new CliException($"there is no model '{model}'; give a folder, a .gguf file, or '{BuiltIn}'");
    }
}
