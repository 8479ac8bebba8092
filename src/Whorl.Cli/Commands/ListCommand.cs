using System.CommandLine;
using System.Text.Json.Nodes;
using Whorl.Cli.Output;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl list</c>: the models that were fetched from the hub.</summary>
internal static class ListCommand
{
    private const int CommitDigits = 8;

    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print one JSON object, and nothing else." };
        Command command = new(
            "list", "List the models in the cache, those that other tools fetched too, and the parts that were fetched alone.") { json };
        command.SetAction(result =>
        {
            HubCache cache = new(HubSettings.FromEnvironment().CacheFolder);
            IReadOnlyList<CachedModel> models = cache.List();
            foreach (CachedModel spoilt in models.Where(model => model.Fault is not null))
            {
                string why = spoilt.Fault!.ReplaceLineEndings(" ");
                Console.Error.WriteLine($"whorl: {spoilt.Folder} is not listed, as it cannot be read: {why}");
            }

            Row[] rows = [.. models.SelectMany(Rows), .. PartStore.OfUser().List().Select(ToRow)];
            if (result.GetValue(json))
            {
                ResultWriter.Print(new JsonObject { ["cache"] = cache.Folder, ["models"] = new JsonArray([.. rows.Select(ToJson)]) });
            }
            else
            {
                Print(rows, cache);
            }
        });
        return command;
    }

    private static IEnumerable<Row> Rows(CachedModel model) => model.Revisions.Select(revision =>
        new Row(
            model.Id, string.Join(", ", revision.Refs), revision.Commit, null, revision.Files.Count, revision.Size, revision.Missing, Lack(revision)));

    /// <summary>What a revision lacks, for people; null for nothing.</summary>
    private static string? Lack(CachedRevision revision) => revision switch
    {
        { Missing: [string one] } => $"{one} is missing",
        { Missing: [string first, ..] missing } => $"{missing.Count} files are missing, {first} the first",
        { HasWeights: false } => "no weights",
        _ => null,
    };

    private static Row ToRow(StoredPart part) => new(
        part.Id, "", part.Commit, part.Part, part.Files, part.Size, [], part.IsWhole ? null : "not all of it");

    private static JsonNode ToJson(Row row) => new JsonObject
    {
        ["name"] = row.Name,
        ["revision"] = row.Refs.Length > 0 ? row.Refs : row.Commit,
        ["commit"] = row.Commit,
        ["part"] = row.Part,
        ["files"] = row.Files,
        ["size"] = row.Size,
        ["whole"] = row.Lack is null,
        ["missing"] = new JsonArray([.. row.Missing.Select(file => (JsonNode)JsonValue.Create(file))]),
    };

    private static void Print(Row[] rows, HubCache cache)
    {
        if (rows.Length == 0)
        {
            Console.Error.WriteLine($"no models in {cache.Folder}; fetch one with: whorl pull org/name");
            return;
        }

        int width = rows.Max(row => row.Name.Length);
        foreach (Row row in rows)
        {
            string revision = row.Refs.Length > 0 ? $"{row.Refs} ({Short(row.Commit)})" : Short(row.Commit);
            string part = row.Part is null ? "" : $", {row.Part} only";
            Console.Out.WriteLine($"{row.Name.PadRight(width)}  {revision}  {ByteSize.ToText(row.Size)} in {row.Files} files{part}{(row.Lack is null ? "" : $"; incomplete: {row.Lack}")}");
        }
    }

    /// <summary>A folder that a person has made may have a shorter name.</summary>
    private static string Short(string commit) => commit[..Math.Min(CommitDigits, commit.Length)];

    private sealed record Row(string Name, string Refs, string Commit, string? Part, int Files, long Size, IReadOnlyList<string> Missing, string? Lack);
}
