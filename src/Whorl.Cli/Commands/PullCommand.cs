using System.CommandLine;
using System.Text.Json.Nodes;
using Whorl.Cli.Output;
using Whorl.Formats;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl pull</c>: fetch a model from the hub.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        Argument<string> name = new("NAME")
        {
            Description = "The model: org/name, org/name@REVISION, or org/name:Q4_K_M for one of a repository's GGUF files.",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object when done, and nothing else." };
        Command command = new(
            "pull",
            "Fetch a model from the hub into the cache that Hugging Face's tools share. "
            + "What is there is not fetched again; what was cut off goes on.")
        {
            name, json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            using HubModels hub = new(DownloadProgress.Display);
            HubSnapshot snapshot = await PullAsync(hub, HubReference.Parse(result.GetValue(name)!), cancellationToken);
            if (result.GetValue(json))
            {
                ResultWriter.Print(ToJson(snapshot));
            }
            else
            {
                Console.Out.WriteLine($"{snapshot.Reference} is at {snapshot.ModelPath}");
            }
        });
        return command;
    }

    /// <summary>Fetches it; from a cache that cannot be written, what is there is taken, and told to be no newer.</summary>
    private static async Task<HubSnapshot> PullAsync(HubModels hub, HubReference reference, CancellationToken cancellationToken)
    {
        try
        {
            return await hub.PullAsync(reference, cancellationToken);
        }
        catch (HubException e) when (e.Kind == HubErrorKind.ReadOnly && hub.FindCached(reference) is not null)
        {
            HubSnapshot there = hub.FindCached(reference)!;
            Console.Error.WriteLine($"whorl: nothing is fetched, what is there is used: {e.Message}");
            return there;
        }
    }

    private static JsonObject ToJson(HubSnapshot snapshot) => new()
    {
        ["model"] = snapshot.Reference.Id,
        ["revision"] = snapshot.Reference.Revision,
        ["commit"] = snapshot.Commit,
        ["path"] = snapshot.ModelPath,
        ["files"] = new JsonArray([.. snapshot.Files.Select(file => (JsonNode)JsonValue.Create(file))]),
    };
}
