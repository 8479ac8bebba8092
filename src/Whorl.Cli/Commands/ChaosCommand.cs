using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Chaos;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Client.Recovery;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl chaos</c>: texts written through servers that are killed, stopped and cut off meanwhile, compared with what is written undisturbed.</summary>
internal static class ChaosCommand
{
    private static readonly string[] KindNames = [.. ChaosServer.KindsHere().Select(Name)];

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "The same seed gives the same texts and the same events, at the same tokens.",
        DefaultValueFactory = _ => 1,
        HelpName = "S",
    };

    private static readonly Option<int> Generations = Number("--generations", "How many texts are written.", 10, least: 1);
    private static readonly Option<int> Tokens = Number("--tokens", "Tokens of a text, over two turns.", 200, least: 2);
    private static readonly Option<int> Servers = Number("--servers", "How many server processes; about a third of them hold blocks that others hold too.", 3, least: 1);
    private static readonly Option<int> Faults = Number("--faults", "Events in the course of a text.", 2, least: 0);
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object when done, and nothing else." };

    private static readonly Option<string[]> Kinds = new("--kinds")
    {
        Description = $"What may happen, between commas; of {string.Join(", ", KindNames)}. Default: all.",
        HelpName = "KINDS",
        DefaultValueFactory = _ => [string.Join(',', KindNames)],
    };

    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        Command command = new(
            "chaos",
            "Write texts through server processes of this machine that are killed, stopped and cut off meanwhile, and check that each is what one "
                + "undisturbed process writes. Exit code 0 only if all are, and nothing is left over.")
        {
            model.Model,
            Seed,
            Generations,
            Tokens,
            Servers,
            Faults,
            Kinds,
            Json,
        };
        model.AddOptionsTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            IReadOnlyList<ChaosKind> kinds = ParseKinds(result.GetValue(Kinds) ?? []);
            ModelChoice choice = await model.ReadAsync(result, ModelPart.Whole, cancellationToken);
            return await RunAsync(model.DivideCores(result, choice, result.GetValue(Servers)), kinds, result, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(ModelChoice model, IReadOnlyList<ChaosKind> kinds, ParseResult asked, CancellationToken cancellationToken)
    {
        int generations = asked.GetValue(Generations), tokens = asked.GetValue(Tokens), servers = asked.GetValue(Servers);
        bool json = asked.GetValue(Json);
        List<string> failures = [];
        List<SessionRecovery> recoveries = [];
        ChaosSwarm swarm;
        await using (LanguageModel alone = await LanguageModel.LoadAsync(model.Located, model.Options, cancellationToken))
        {
            int context = Math.Min(alone.Model.ContextLength ?? int.MaxValue, 4 * (tokens + 256));
            if (tokens + 4 > context)
            {
                throw new CliException($"--tokens is {tokens}, but a session of this model holds {context}, with a prompt in each turn; give at most {context - 4}");
            }

            await using (swarm = await ChaosSwarm.StartAsync(model, alone.Model.Blocks, servers, cancellationToken))
            await using (Clients clients = new(model, swarm))
            {
                for (int generation = 0; generation < generations; generation++)
                {
                    ChaosPlan plan = ChaosPlan.Make(
                        asked.GetValue(Seed), generation, tokens, context, alone.Model.VocabularySize, servers, asked.GetValue(Faults), kinds);
                    ChaosGeneration expected = await ChaosGeneration.WriteAsync(alone.Model, plan, (_, _) => { }, cancellationToken);
                    string? failure = null;
                    try
                    {
                        LanguageModel through = await clients.ConnectAsync(plan.ComputesLostBlocks, cancellationToken);
                        ChaosGeneration written = await ChaosGeneration.WriteAsync(through.Model, plan, Happen, cancellationToken);
                        recoveries.AddRange(written.Recoveries);
                        failure = written.Ids.SequenceEqual(expected.Ids) ? null : $"OTHER BYTES from token {FirstDifference(written.Ids, expected.Ids)}";
                    }
                    catch (Exception e) when (UserErrors.Explain(e) is { } fault)
                    {
                        failure = "ended by: " + fault;
                    }

                    if (failure is not null)
                    {
                        failures.Add(string.Create(CultureInfo.InvariantCulture, $"generation {generation}: {failure}"));
                    }

                    if (!json)
                    {
                        Console.Out.WriteLine(Line(generation, plan, failure ?? "the same bytes"));
                    }

                    await swarm.SettleAsync();

                    void Happen(int turn, int token)
                    {
                        foreach (ChaosEvent what in plan.Events.Where(e => e.Turn == turn && e.Token == token))
                        {
                            swarm.Begin(what, cancellationToken);
                        }
                    }
                }
            }
        }

        (int processes, int files) = (swarm.CountProcesses(), swarm.CountFiles());
        Report(asked, model, swarm, recoveries, failures, processes, files);
        return failures.Count + processes + files == 0 ? 0 : 1;
    }

    /// <summary>A client that may compute lost blocks itself, and one that may not; connected anew where other servers are there than before.</summary>
    private sealed class Clients(ModelChoice model, ChaosSwarm swarm) : IAsyncDisposable
    {
        private readonly (LanguageModel Client, IReadOnlyList<string> Servers)?[] _connected = new (LanguageModel, IReadOnlyList<string>)?[2];

        public async Task<LanguageModel> ConnectAsync(bool computesLostBlocks, CancellationToken cancellationToken)
        {
            int index = computesLostBlocks ? 1 : 0;
            if (_connected[index] is { } client && client.Servers.SequenceEqual(swarm.Addresses))
            {
                return client.Client;
            }

            await CloseAsync(index);
            IReadOnlyList<string> servers = swarm.Addresses;
            NetworkOptions options = NetworkOptions.Dialler with { ComputesLostBlocks = computesLostBlocks };
            LanguageModel connected = await LanguageModel.ConnectAsync(model.Located, model.Options, servers, options, prefix: "", cancellationToken);
            _connected[index] = (connected, servers);
            return connected;
        }

        public async ValueTask DisposeAsync()
        {
            await CloseAsync(0);
            await CloseAsync(1);
        }

        private async ValueTask CloseAsync(int index)
        {
            if (_connected[index] is { } client)
            {
                _connected[index] = null;
                await client.Client.DisposeAsync();
            }
        }
    }

    private static void Report(
        ParseResult asked, ModelChoice model, ChaosSwarm swarm, List<SessionRecovery> recoveries, List<string> failures, int processes, int files)
    {
        int generations = asked.GetValue(Generations), equal = generations - failures.Count;
        if (!asked.GetValue(Json))
        {
            string pauses = recoveries.Count == 0 ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $"; pauses of {recoveries.Min(r => r.Pause.TotalMilliseconds):F0} to {recoveries.Max(r => r.Pause.TotalMilliseconds):F0} ms");
            Console.Out.WriteLine();
            Console.Out.WriteLine($"{equal} of {generations} texts are the undisturbed ones, byte for byte; {swarm.Events.Count} events, {recoveries.Count} recoveries{pauses}");
            Console.Out.WriteLine($"left over: {processes} processes, {files} files");
            return;
        }

        ResultWriter.Print(new JsonObject
        {
            ["model"] = model.Asked,
            ["seed"] = asked.GetValue(Seed),
            ["generations"] = generations,
            ["equal"] = equal,
            ["tokens"] = asked.GetValue(Tokens),
            ["servers"] = asked.GetValue(Servers),
            ["events"] = new JsonArray([.. swarm.Events.Select(e => (JsonNode)new JsonObject
            {
                ["kind"] = Name(e.What.Kind), ["server"] = e.What.Server, ["at_ms"] = e.AtMilliseconds,
            })]),
            ["recoveries"] = new JsonArray([.. recoveries.Select(r => (JsonNode)new JsonObject
            {
                ["kind"] = Name(r.Kind), ["pause_ms"] = r.Pause.TotalMilliseconds, ["replay_ms"] = r.Replay.TotalMilliseconds, ["replayed_tokens"] = r.ReplayedTokens,
            })]),
            ["failures"] = new JsonArray([.. failures.Select(f => (JsonNode)f)]),
            ["left_over"] = new JsonObject { ["processes"] = processes, ["files"] = files },
        });
    }

    private static string Line(int generation, ChaosPlan plan, string outcome)
    {
        string events = string.Join(", ", plan.Events.Select(e => string.Create(
            CultureInfo.InvariantCulture, $"{Name(e.Kind)} server {e.Server} {When(e)}")));
        return string.Create(CultureInfo.InvariantCulture, $"text {generation}: {(events.Length == 0 ? "undisturbed" : events)}: {outcome}");
    }

    private static string When(ChaosEvent what) => what.Token switch
    {
        -1 => string.Create(CultureInfo.InvariantCulture, $"before turn {what.Turn}"),
        0 => string.Create(CultureInfo.InvariantCulture, $"in the prompt of turn {what.Turn}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"at token {what.Token} of turn {what.Turn}"),
    };

    private static int FirstDifference(IReadOnlyList<int> written, IReadOnlyList<int> expected)
    {
        int at = 0;
        while (at < Math.Min(written.Count, expected.Count) && written[at] == expected[at])
        {
            at++;
        }

        return at;
    }

    private static IReadOnlyList<ChaosKind> ParseKinds(string[] texts)
    {
        List<ChaosKind> kinds = [];
        foreach (string name in texts.SelectMany(t => t.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            int at = Array.IndexOf(KindNames, name);
            kinds.Add(at >= 0 ? ChaosServer.KindsHere()[at] : throw new CliException($"--kinds names '{name}'; there are {string.Join(", ", KindNames)}"));
        }

        return kinds.Count > 0 ? kinds : throw new CliException($"--kinds names nothing; there are {string.Join(", ", KindNames)}");
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static Option<int> Number(string name, string description, int usual, int least)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
        Check.Whole(option, least);
        return option;
    }
}
