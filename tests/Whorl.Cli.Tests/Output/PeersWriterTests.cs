using System.Text.Json.Nodes;
using Whorl.Cli.Output;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Cli.Tests.Output;

/// <summary>What a swarm can do and who is in it, for people and for programs.</summary>
public sealed class PeersWriterTests
{
    [Theory]
    [InlineData("blocks 3..5 are missing", "0..2")]
    [InlineData("blocks 0..1, 4..5 are missing", "2..3")]
    [InlineData("block 5 is missing", "0..4", "0..4")]
    [InlineData("blocks 0..5 are missing")]
    [InlineData("blocks 3..5 are missing", "0..2", "3..5 gone")]
    [InlineData("blocks 3..5 are missing", "0..2", "3..5 offline")]
    [InlineData("all blocks are there; block 3 is with one server only", "0..3", "0..2", "4..5", "4..5")]
    [InlineData("all blocks are there, each on two servers or more", "0..5", "0..2", "3..9")]
    public void Coverage_counts_servers_that_answer(string expected, params string[] servers) =>
        Assert.StartsWith(expected, PeersWriter.Coverage(ModelOf(servers)), StringComparison.Ordinal);

    [Fact]
    public void The_same_facts_are_in_the_json()
    {
        JsonObject json = PeersWriter.ToJson([ModelOf("0..2", "4..5 gone")]);
        Assert.Equal("[[3,5]]", json["models"]![0]!["missing"]!.ToJsonString());
        Assert.Equal("[[0,2]]", json["models"]![0]!["held_once"]!.ToJsonString());
        JsonArray peers = json["peers"]!.AsArray();
        Assert.Equal(["online", "gone"], peers.Select(peer => (string?)peer!["state"]));
        Assert.Equal(["directly", "no: it does not answer"], peers.Select(peer => (string?)peer!["reached"]));
        Assert.Equal([2.5, null], peers.Select(peer => (double?)peer!["round_trip_ms"]));
        Assert.All(peers, peer => Assert.Equal("Ada's", (string?)peer!["public_name"]));
        Assert.All(peers, peer => Assert.Equal(140, (double?)peer!["last_announced_seconds"])); // 240 s is how long one holds
    }

    [Fact]
    public void When_a_server_was_heard_of_is_not_told_where_its_announcement_holds_for_longer_than_usual()
    {
        SwarmModel model = ModelOf("0..2");
        SwarmServer longer = model.Servers[0] with { Validity = TimeSpan.FromSeconds(3600) };
        JsonObject json = PeersWriter.ToJson([model with { Servers = [longer] }]);
        Assert.Null(json["peers"]![0]!["last_announced_seconds"]);
        Assert.Equal(3600, (double?)json["peers"]![0]!["valid_seconds"]);
    }

    /// <summary>A model of six blocks.</summary>
    private static SwarmModel ModelOf(params string[] servers) => new("model", new ModelInfo(6, null), [.. servers.Select(ServerOf)]);

    private static SwarmServer ServerOf(string text)
    {
        int[] ends = [.. text.Split(' ')[0].Split("..").Select(int.Parse)];
        bool isGone = text.EndsWith("gone", StringComparison.Ordinal), isOffline = text.EndsWith("offline", StringComparison.Ordinal);
        ServerInfo info = new()
        {
            State = isOffline ? ServerState.Offline : ServerState.Online,
            Throughput = 3,
            StartBlock = ends[0],
            EndBlock = ends[1] + 1,
            PublicName = "Ada's",
        };
        return new SwarmServer(
            PeerIdentity.Generate().Id, info, TimeSpan.FromSeconds(100), isGone || isOffline ? null : TimeSpan.FromMilliseconds(2.5), isGone ? "it does not answer" : null);
    }
}
