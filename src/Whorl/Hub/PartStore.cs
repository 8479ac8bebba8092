using Whorl.Formats;

namespace Whorl;

/// <summary>Parts of models that were fetched without the rest. They lie outside the shared cache, whose layout knows no parts.</summary>
/// <remarks><c>models--org--name/COMMIT/blocks 0..3</c> is a folder that opens as the model.</remarks>
/// <param name="root">The folder with all of them; it need not exist.</param>
internal sealed class PartStore(string root)
{
    private const string Prefix = "models--";

    /// <summary>The store of this user: WHORL_CACHE, or <c>whorl</c> in XDG_CACHE_HOME or <c>~/.cache</c>.</summary>
    public static PartStore OfUser() => new(FolderOfUser());

    /// <summary>Its folder, in which other things of this program lie too.</summary>
    public static string FolderOfUser()
    {
        string usual = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Variable("WHORL_CACHE") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? usual, "whorl");

        static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Where a part of a commit lies or is to lie.</summary>
    public string FolderOf(HubReference reference, string commit, ModelPart part) => Path.Combine(
        FolderOf(reference.Id), commit, reference.Quantisation is { } quantisation ? $"{part.Name} of {quantisation}" : part.Name);

    /// <summary>The parts that are there, unfinished ones included, sorted.</summary>
    public IReadOnlyList<StoredPart> List()
    {
        if (!Directory.Exists(root))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(root, Prefix + "*")
            .SelectMany(Directory.EnumerateDirectories).SelectMany(Directory.EnumerateDirectories)
            .Order(StringComparer.Ordinal).Select(Read)];
    }

    /// <summary>Removes the parts of a model, or of one commit of it.</summary>
    /// <returns>The bytes freed.</returns>
    public long Remove(string id, string? commit)
    {
        long bytes = List().Where(part => part.Id == id && (commit is null || part.Commit == commit)).Sum(part => part.Size);
        string folder = commit is null ? FolderOf(id) : Path.Combine(FolderOf(id), commit);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return bytes;
    }

    // The hub allows no "--" in names, so this can be undone.
    private string FolderOf(string id) => Path.Combine(root, Prefix + id.Replace("/", "--", StringComparison.Ordinal));

    private static StoredPart Read(string folder)
    {
        string commit = Path.GetDirectoryName(folder)!;
        string id = Path.GetFileName(Path.GetDirectoryName(commit)!)[Prefix.Length..].Replace("--", "/", StringComparison.Ordinal);
        FileInfo[] files = new DirectoryInfo(folder).GetFiles("*", SearchOption.AllDirectories);
        return new StoredPart(id, Path.GetFileName(commit), Path.GetFileName(folder), files.Length, files.Sum(file => file.Length), HubClient.FindPart(folder) is not null);
    }
}
