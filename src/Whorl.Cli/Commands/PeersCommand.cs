using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Dht.Records;
using Whorl.P2P;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl peers</c>: who is in a swarm, what they hold, and how far away they are.</summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        NetworkArguments swarm = new(listen: null);
        Option<bool> json = new("--json") { Description = "Print one JSON object, and nothing else." };
        Command command = new("peers", "Show the servers of a swarm: what they hold, whether and how they are reached, and the round-trip time.") { json };
        swarm.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            NetworkOptions options = swarm.Read(result);
            if (options.InitialPeers.Count == 0)
            {
                throw new CliException("give --initial-peers: nodes that are in the swarm");
            }

            await using Network network = await Network.StartAsync(options, cancellationToken);
            SwarmDirectory directory = await network.JoinAsync(cancellationToken);
            JsonArray peers = [];
            foreach ((string prefix, ModelInfo model) in await directory.FindModelsAsync(cancellationToken))
            {
                foreach ((PeerId peer, ServerInfo info) in await SwarmSearch.ServersAsync(directory, prefix, model.NumBlocks, cancellationToken))
                {
                    peers.Add((JsonNode)await DescribeAsync(network, prefix, peer, info, cancellationToken));
                }
            }

            if (result.GetValue(json))
            {
                ResultWriter.Print(new JsonObject { ["peers"] = peers });
                return;
            }

            foreach (JsonNode? peer in peers)
            {
                Console.Out.WriteLine(string.Join("  ", peer!.AsObject().Select(p => $"{p.Key} {p.Value?.ToString() ?? "none"}")));
            }

            Console.Out.WriteLine($"{peers.Count} servers");
        });
        return command;
    }

    private static async Task<JsonObject> DescribeAsync(Network network, string prefix, PeerId peer, ServerInfo info, CancellationToken cancellationToken)
    {
        JsonObject described = new()
        {
            ["model"] = prefix,
            ["peer"] = peer.ToString(),
            ["state"] = info.State.ToString().ToLowerInvariant(),
            ["first_block"] = info.StartBlock,
            ["last_block"] = info.EndBlock - 1,
            ["throughput"] = Number(info.Throughput, "F1"),
            ["inference_rps"] = Number(info.InferenceRps, "F1"),
            ["forward_rps"] = Number(info.ForwardRps, "F1"),
            ["network_rps"] = Number(info.NetworkRps, "F1"),
            ["quantised"] = info.QuantType,
            ["cache_tokens_left"] = info.CacheTokensLeft,
            ["using_relay"] = info.UsingRelay,
        };
        try
        {
            TimeSpan trip = await network.Host.PingAsync(peer, cancellationToken);
            described["reached"] = info.UsingRelay == true ? "through a relay" : "directly";
            described["round_trip_ms"] = Number(trip.TotalMilliseconds, "F3");
        }
        catch (IOException e)
        {
            described["reached"] = $"no: {e.Message}";
            described["round_trip_ms"] = null;
        }

        return described;
    }

    /// <summary>A number without the digits that say nothing.</summary>
    private static double? Number(double? value, string format) =>
        value is { } number ? double.Parse(number.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
}
