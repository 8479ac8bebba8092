using System.Diagnostics;

namespace Whorl.EndToEnd.Tests;

/// <summary>Swarms over several places, of which some are behind a NAT that lets nothing in.</summary>
[Trait("Tier", "Long")]
public sealed class NatTests
{
    private const string RelayAddress = "203.0.113.1";

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token; // turns a hang into a failure

    [NetworkNamespaceFact]
    public async Task A_server_behind_a_nat_is_reached_through_a_relay()
    {
        const string hiddenAddress = "192.168.77.2", natAddress = "203.0.113.2";
        await using NetworkPlaces places = new(Token);
        string open = await places.AddAsync("pub"), third = await places.AddAsync("third"), hidden = await places.AddAsync("hid"), nat = await places.AddAsync("nat");
        await places.LinkAsync(open, "pn", RelayAddress + "/24", nat, "np", natAddress + "/24");
        await places.LinkAsync(open, "pt", "198.51.100.1/24", third, "tp", "198.51.100.2/24");
        await places.LinkAsync(nat, "nh", "192.168.77.1/24", hidden, "hn", hiddenAddress + "/24");
        await places.RouteAsync(third, "198.51.100.1");
        await places.RouteAsync(hidden, "192.168.77.1");
        await places.RouteAsync(nat, RelayAddress);
        await places.ForwardAsync(open);
        await places.NatAsync(nat, "np", "nh", isSilent: false);

        Process relay = places.StartWhorl(open, "dht", "--listen", RelayAddress + ":4001");
        string relayed = await places.LineWithAsync(relay, "/p2p/");
        Process server = places.StartWhorl(
            hidden, "serve", "bard", "--listen", "0.0.0.0:4002", "--relay", relayed, "--initial-peers", relayed, "--threads", "1");
        Assert.Contains(RelayAddress, await places.LineWithAsync(server, "/p2p-circuit"), StringComparison.Ordinal);

        string[] request = ["run", "bard", "Once", "--max-tokens", "8", "--temperature", "0", "--threads", "1"];
        foreach (string address in (string[])[hiddenAddress, natAddress])
        {
            (int direct, _) = await places.RunWhorlAsync(third, [.. request, "--servers", address + ":4002"]);
            Assert.NotEqual(0, direct); // the NAT is one
        }

        (int localCode, string local) = await places.RunWhorlAsync(third, request);
        (int code, string remote) = await places.RunWhorlAsync(third, [.. request, "--initial-peers", relayed]);
        Assert.True(localCode == 0 && code == 0, local + remote);
        Assert.NotEmpty(local.Trim());
        Assert.Equal(local, remote);
    }

    [NetworkNamespaceFact]
    public async Task Two_nodes_behind_a_nat_each_come_to_a_direct_connection()
    {
        await using NetworkPlaces places = new(Token);
        string open = await places.AddAsync("pub");
        await places.ForwardAsync(open);
        string left = await BehindANatAsync(places, open, "l", RelayAddress, "203.0.113.2", "192.168.77");
        string right = await BehindANatAsync(places, open, "r", "203.0.113.5", "203.0.113.6", "192.168.78");

        Process relay = places.StartWhorl(open, "dht", "--listen", RelayAddress + ":4001");
        string relayed = await places.LineWithAsync(relay, "/p2p/");
        Process listener = places.StartWhorl(left, "dht", "--listen", "0.0.0.0:4002", "--relay", relayed, "--initial-peers", relayed);
        string circuit = await places.LineWithAsync(listener, "/p2p-circuit");
        Process dialer = places.StartWhorl(right, "dht", "--listen", "0.0.0.0:4003", "--relay", relayed, "--initial-peers", circuit);
        await places.LineWithAsync(dialer, "/p2p-circuit");

        while (!await IsDirectAsync())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }

        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, Token); // a handshake that fails is given up in less
        Assert.True(await IsDirectAsync());

        // From listening port to listening port, through both NATs.
        async Task<bool> IsDirectAsync() => (await places.InAsync(left, "ss", "-Htn", "state", "established", "sport", "=", ":4002", "dport", "=", ":4003"))
            .Contains("203.0.113.6", StringComparison.Ordinal);
    }

    /// <summary>A place behind a NAT of its own, which a link joins to the open place.</summary>
    private static async Task<string> BehindANatAsync(NetworkPlaces places, string open, string name, string openAddress, string natAddress, string network)
    {
        string nat = await places.AddAsync(name + "nat"), hidden = await places.AddAsync(name);
        await places.LinkAsync(open, "to" + name, openAddress + "/30", nat, "out", natAddress + "/30");
        await places.LinkAsync(nat, "in", network + ".1/24", hidden, "home", network + ".2/24");
        await places.RouteAsync(nat, openAddress);
        await places.RouteAsync(hidden, network + ".1");
        await places.NatAsync(nat, "out", "in", isSilent: true);
        return hidden;
    }
}
