using System.Text.Json;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>A swarm that lacks blocks: what is there is shown, and what is missing is named.</summary>
public sealed class SwarmTests
{
    [Fact]
    public async Task Peers_shows_what_a_server_measured_and_a_run_names_the_blocks_that_nobody_has()
    {
        await using WhorlProcess node = WhorlProcess.Start("dht", "--listen", "127.0.0.1:0");
        string address = AddressIn(await node.ReadLineAsync());
        (WhorlProcess server, _) = await WhorlProcess.ServeAsync("bard", "--blocks", "1..3", "--initial-peers", address, "--link-mbits", "10");
        await using (server)
        {
            JsonElement peer = await OnlyPeerAsync(address);
            Assert.Equal((1, 3), (peer.GetProperty("first_block").GetInt32(), peer.GetProperty("last_block").GetInt32()));
            double throughput = Rate(peer, "throughput"), network = Rate(peer, "network_rps"), forward = Rate(peer, "forward_rps");
            Assert.True(Rate(peer, "inference_rps") > 0);
            Assert.Equal(Math.Min(forward / 2, network), throughput, 0.1); // three blocks, of which a request needs two on average
            Assert.Equal("none", peer.GetProperty("quantised").GetString());
            Assert.False(peer.GetProperty("using_relay").GetBoolean());
            Assert.Equal("directly", peer.GetProperty("reached").GetString());

            ProgramResult run = await WhorlProcess.RunAsync("run", "bard", "ROMEO.", "-n", "4", "--initial-peers", address);
            run.AssertRefused("'bard'", "blocks 0, 4..5");

            server.Signal(WhorlProcess.Kill); // it cannot say goodbye
            await server.EndAsync();
            JsonElement swarm = (await WhorlProcess.RunAsync("peers", "--json", "--initial-peers", address)).Json;
            Assert.Equal("gone", Assert.Single(swarm.GetProperty("peers").EnumerateArray()).GetProperty("state").GetString());
            Assert.Equal("[[0,5]]", swarm.GetProperty("models")[0].GetProperty("missing").ToString());
            ProgramResult table = await WhorlProcess.RunAsync("peers", "--initial-peers", address);
            Assert.Contains("gone, heard of", table.Output, StringComparison.Ordinal);
            Assert.Contains("blocks 0..5 are missing", table.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_identity_that_is_in_the_swarm_already_is_refused_with_the_place_where_it_is()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-").FullName;
        string key = Path.Combine(folder, "key"), copy = Path.Combine(folder, "copy");
        await using WhorlProcess node = WhorlProcess.Start("dht", "--listen", "127.0.0.1:0");
        string entrance = AddressIn(await node.ReadLineAsync());
        string[] other = ["dht", "--listen", "127.0.0.1:0", "--initial-peers", entrance, "--log-level", "error"];
        await using (WhorlProcess first = WhorlProcess.Start([.. other, "--identity", key]))
        {
            string address = AddressIn(await first.ReadLineAsync());
            File.Copy(key, copy);
            (await WhorlProcess.RunAsync([.. other, "--identity", copy])).AssertRefused("in the swarm already", address.Split("/p2p/")[0], "give another identity file");
        }

        await using WhorlProcess again = WhorlProcess.Start([.. other, "--identity", copy]);
        Assert.Contains("/p2p/", await again.ReadLineAsync(), StringComparison.Ordinal); // the first is gone
        Directory.Delete(folder, recursive: true);
    }

    [UnixFact]
    public async Task With_every_bootstrap_node_gone_texts_are_written_and_servers_join_through_those_that_were_seen()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-").FullName;
        string[] node = ["dht", "--identity", Path.Combine(folder, "key"), "--log-level", "error"];
        string entrance, where;
        WhorlProcess first = WhorlProcess.Start([.. node, "--listen", "127.0.0.1:0"]);
        await using (first)
        {
            entrance = AddressIn(await first.ReadLineAsync());
            where = "127.0.0.1:" + entrance.Split('/')[4];
            (WhorlProcess server, _) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2", "--listen", "127.0.0.1:0", "--initial-peers", where);
            await using (server)
            {
                Assert.Equal(0, (await WhorlProcess.RunAsync("peers", "--initial-peers", where)).Code); // sees who is there
                first.Signal(WhorlProcess.Kill);
                await first.EndAsync();
                (WhorlProcess late, _) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5", "--listen", "127.0.0.1:0", "--initial-peers", where);
                await using (late)
                {
                    string[] text = ["run", "bard", "ROMEO.", "-n", "8", "--seed", "1", "--servers-only", "--initial-peers", where];
                    Assert.Equal(0, (await WhorlProcess.RunAsync(text)).Code);
                    (await WhorlProcess.RunAsync([.. text, "--no-peer-memory"])).AssertRefused("no initial peer answers");
                }
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string AddressIn(string? line) => line!.Split(' ').Single(word => word.Contains("/p2p/", StringComparison.Ordinal));

    /// <summary>The one server, once its announcement is there.</summary>
    private static async Task<JsonElement> OnlyPeerAsync(string address)
    {
        while (true)
        {
            JsonElement peers = (await WhorlProcess.RunAsync("peers", "--json", "--initial-peers", address)).Json.GetProperty("peers");
            if (peers.GetArrayLength() > 0)
            {
                return Assert.Single(peers.EnumerateArray());
            }
        }
    }

    private static double Rate(JsonElement peer, string name) => peer.GetProperty(name).GetDouble();
}
