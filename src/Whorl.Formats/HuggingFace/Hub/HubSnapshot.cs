namespace Whorl.Formats;

/// <summary>One commit of a model in the cache.</summary>
/// <param name="Reference">What was asked for.</param>
/// <param name="Commit">The commit it stood for, 40 hexadecimal digits.</param>
/// <param name="Folder">The folder with the files, laid out as in the repository.</param>
/// <param name="Files">The wanted files by their names in the repository; each is in the folder.</param>
public sealed record HubSnapshot(HubReference Reference, string Commit, string Folder, IReadOnlyList<string> Files)
{
    /// <summary>What to open: the (first) GGUF file where the files are such, else the folder.</summary>
    public string ModelPath => Files.Where(file => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal).FirstOrDefault() is { } gguf && !Files.Contains("config.json")
            ? Path.Combine(Folder, HubPaths.Local(gguf))
            : Folder;
}
