using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Cli.Output;

/// <summary>The servers of a swarm as a table and as JSON, with the same facts.</summary>
internal static class PeersWriter
{
    private const int MaxName = 32;

    /// <summary>All models, all their servers.</summary>
    public static JsonObject ToJson(IReadOnlyList<SwarmModel> models) => new()
    {
        ["models"] = new JsonArray([.. models.Select(model => new JsonObject
        {
            ["model"] = model.Prefix,
            ["blocks"] = model.Info.NumBlocks,
            ["repository"] = model.Info.Repository,
            ["missing"] = Ranges(model.Missing),
            ["held_once"] = Ranges(model.HeldOnce),
        })]),
        ["peers"] = new JsonArray([.. models.SelectMany(model => model.Servers.Select(server => ToJson(model, server)))]),
    };

    /// <summary>A table for each model, and what is missing below it.</summary>
    public static void Show(IReadOnlyList<SwarmModel> models)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Out),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 200; // a file is as wide as its lines
        }

        foreach (SwarmModel model in models)
        {
            console.Write(TableOf(model));
            console.MarkupLineInterpolated($"{Coverage(model)}");
            console.WriteLine();
        }

        int online = models.Sum(model => model.Servers.Count(server => server.IsOnline));
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"models: {models.Count}; servers: {models.Sum(model => model.Servers.Count)}, online: {online}");
    }

    /// <summary>Whether a text can be written by a swarm, in one line.</summary>
    public static string Coverage(SwarmModel model) => model switch
    {
        { Missing.Count: > 0 } => $"{Name(model.Missing)} missing: nobody who answers holds {(IsOneBlock(model.Missing) ? "it" : "them")}",
        { HeldOnce.Count: > 0 } => $"all blocks are there; {Name(model.HeldOnce)} with one server only",
        _ => "all blocks are there, each on two servers or more",
    };

    private static Table TableOf(SwarmModel model)
    {
        Table table = new Table().RoundedBorder().Title(Markup.Escape($"{PeerText.Clean(model.Prefix)}, blocks 0..{model.Info.NumBlocks - 1}"));
        foreach (string column in (string[])["blocks", "state", "round trip", "way", "tokens/s", "version", "weights", "name", "peer"])
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        foreach (SwarmServer server in model.Servers)
        {
            table.AddRow(((string[])
            [
                server.Range?.ToString() ?? "?",
                State(server),
                server.RoundTrip is { } trip ? string.Create(CultureInfo.InvariantCulture, $"{trip.TotalMilliseconds:F1} ms") : "",
                server.Fault is not null ? "" : server.Info.UsingRelay == true ? "relay" : "direct",
                Rate(server.Info.Throughput),
                PeerText.Clean(server.Info.Version, MaxName),
                PeerText.Clean(server.Info.QuantType, MaxName),
                PeerText.Clean(server.Info.PublicName, MaxName),
                server.Peer.ToString(),
            ]).Select(Markup.Escape).ToArray());
        }

        return table;
    }

    private static string State(SwarmServer server) => server switch
    {
        { State: not "gone" } => server.State,
        { LastAnnounced: { } ago } => string.Create(CultureInfo.InvariantCulture, $"gone, heard of about {ago.TotalSeconds:F0} s ago"),
        _ => string.Create(CultureInfo.InvariantCulture, $"gone, announced for {server.Validity.TotalSeconds:F0} s more"),
    };

    private static string Rate(double value) => value.ToString(value < 10 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Name(IReadOnlyList<BlockRange> ranges) => IsOneBlock(ranges)
        ? string.Create(CultureInfo.InvariantCulture, $"block {ranges[0].First} is")
        : $"blocks {string.Join(", ", ranges)} are";

    private static bool IsOneBlock(IReadOnlyList<BlockRange> ranges) => ranges is [{ Count: 1 }];

    private static JsonArray Ranges(IEnumerable<BlockRange> ranges) => [.. ranges.Select(range => new JsonArray(range.First, range.Last))];

    private static JsonObject ToJson(SwarmModel model, SwarmServer server) => new()
    {
        ["model"] = model.Prefix,
        ["peer"] = server.Peer.ToString(),
        ["public_name"] = server.Info.PublicName,
        ["version"] = server.Info.Version,
        ["state"] = server.State,
        ["first_block"] = server.Info.StartBlock,
        ["last_block"] = server.Info.EndBlock - 1,
        ["throughput"] = Number(server.Info.Throughput, "F1"),
        ["inference_rps"] = Number(server.Info.InferenceRps, "F1"),
        ["forward_rps"] = Number(server.Info.ForwardRps, "F1"),
        ["network_rps"] = Number(server.Info.NetworkRps, "F1"),
        ["quantised"] = server.Info.QuantType,
        ["cache_tokens_left"] = server.Info.CacheTokensLeft,
        ["using_relay"] = server.Info.UsingRelay,
        ["reached"] = server.Fault is { } fault ? $"no: {fault}" : server.Info.UsingRelay == true ? "through a relay" : "directly",
        ["round_trip_ms"] = Number(server.RoundTrip?.TotalMilliseconds, "F3"),
        ["valid_seconds"] = Number(server.Validity.TotalSeconds, "F1"),
        ["last_announced_seconds"] = Number(server.LastAnnounced?.TotalSeconds, "F1"),
    };

    /// <summary>A number without the digits that say nothing.</summary>
    private static double? Number(double? value, string format) =>
        value is { } number && double.IsFinite(number) ? double.Parse(number.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
}
