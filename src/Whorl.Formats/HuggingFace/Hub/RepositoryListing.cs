using System.Text.Json;

namespace Whorl.Formats;

/// <summary>The files of one commit, as the hub lists them.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Files">The files' names; those that would lead out of a folder are refused.</param>
internal sealed record RepositoryListing(string Commit, IReadOnlyList<string> Files)
{
    private const int MaxFiles = 100_000;

    /// <summary>Reads <c>/api/models/{id}/revision/{revision}</c>: <c>{"sha": commit, "siblings": [{"rfilename": name}]}</c>.</summary>
    /// <exception cref="HubException">The answer is something else.</exception>
    public static RepositoryListing Read(ReadOnlyMemory<byte> json, HubReference reference)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            string? commit = root.GetProperty("sha").GetString();
            JsonElement siblings = root.GetProperty("siblings");
            if (!HubPaths.IsCommit(commit) || siblings.GetArrayLength() > MaxFiles)
            {
                throw Invalid(reference, $"the commit is '{commit}', or there are more than {MaxFiles} files");
            }

            string[] files = [.. siblings.EnumerateArray().Select(file => file.GetProperty("rfilename").GetString() ?? "")];
            return Array.Find(files, file => !HubPaths.IsSafe(file)) is { } unsafeName
                ? throw Invalid(reference, $"the file name '{unsafeName}' could lead out of its folder")
                : new RepositoryListing(commit!, files);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HubException(
                HubErrorKind.InvalidResponse,
                $"{reference.Id}: the hub's list of files is not what it should be; is HF_ENDPOINT right?",
                error);
        }
    }

    private static HubException Invalid(HubReference reference, string what) =>
        new(HubErrorKind.InvalidResponse, $"{reference.Id}: the hub's list of files is refused: {what}");
}
