using System.CommandLine;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl rm</c>: remove a model that was fetched from the hub.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        Argument<string> name = new("NAME") { Description = "The model, org/name; org/name@REVISION removes that revision only." };
        Option<bool> yes = new("--yes", "-y") { Description = "Do not ask." };
        Command command = new(
            "rm", "Remove a model from the cache, which other tools share, and the parts of it that were fetched alone.") { name, yes };
        command.SetAction(async (result, cancellationToken) =>
        {
            string text = result.GetValue(name)!;
            HubReference reference = HubReference.Parse(text);
            if (reference.Quantisation is not null)
            {
                throw new CliException($"a model is removed with all its files; give {reference.Id}");
            }

            HubCache cache = new(HubSettings.FromEnvironment().CacheFolder);
            PartStore parts = PartStore.OfUser();
            string? commit = text.Contains('@', StringComparison.Ordinal) ? cache.FindCommit(reference) ?? reference.Revision : null;
            Require(cache, parts, reference, commit);
            if (!result.GetValue(yes) && !await AskAsync(reference, cancellationToken))
            {
                throw new CliException($"{reference} was not removed");
            }

            long freed = cache.Remove(reference.Id, commit) + parts.Remove(reference.Id, commit);
            Console.Out.WriteLine($"{reference} is removed, {ByteSize.ToText(freed)} are free again");
        });
        return command;
    }

    private static void Require(HubCache cache, PartStore parts, HubReference reference, string? commit)
    {
        CachedModel? model = cache.Find(reference.Id); // of a download that was cut off there may be no revision yet
        bool isThere = commit is null ? model is not null : model?.Revisions.Any(revision => revision.Commit == commit) ?? false;
        if (!isThere && !parts.List().Any(part => part.Id == reference.Id && (commit is null || part.Commit == commit)))
        {
            throw new CliException($"there is no {reference} in {cache.Folder}; whorl list tells what there is");
        }
    }

    private static async Task<bool> AskAsync(HubReference reference, CancellationToken cancellationToken)
    {
        if (Console.IsInputRedirected)
        {
            throw new CliException($"to remove {reference} without being asked, give --yes");
        }

        Console.Error.Write($"Remove {reference}? [y/N] ");
        return await Console.In.ReadLineAsync(cancellationToken) is { } answer && answer.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
