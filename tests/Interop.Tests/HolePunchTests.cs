using System.Text.Json.Nodes;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>
/// DCUtR with js-libp2p over our relay: a relayed connection becomes a direct one. js takes no part where an address is private, but any name counts as
/// public there: so both sides tell the name of this machine.
/// </summary>
public sealed class HolePunchTests
{
    private static readonly Func<Libp2pOptions, Libp2pOptions> Relays = o => o with { IsRelay = true };

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [JsFact]
    public async Task We_begin_with_a_js_node_that_dialled_us_through_the_relay()
    {
        await using Libp2pHost relay = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, Relays);
        int port = InteropHost.FreePort();
        await using Libp2pHost hidden = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with
        {
            ListenAddresses = [Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{port}")],
            AnnounceAddresses = [Multiaddress.Parse($"/dns4/localhost/tcp/{port}")],
        });
        await hidden.ReserveRelayAsync(new PeerAddress(relay.Id, relay.ListenAddresses), Token);
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519", "relay-client", "dcutr", "deaf"); // cannot be dialled: it must dial at our word
        await js.CallAsync("dial", ("address", InteropHost.AddressOf(relay) + $"/p2p-circuit/p2p/{hidden.Id}"));
        await UntilDirectAsync(js, hidden);
        Assert.Equal("direct"u8.ToArray(), await InteropHost.EchoAsync(hidden, js.Id, "direct"u8.ToArray(), Token));
    }

    [JsFact]
    public async Task A_js_node_begins_that_we_dialled_through_the_relay()
    {
        await using Libp2pHost relay = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, Relays);
        string circuit = InteropHost.AddressOf(relay) + "/p2p-circuit";
        int port = InteropHost.FreePort();
        await using JsNode js = await JsNode.StartAsync(
            "noise", "Ed25519", "relay-client", "dcutr", $"only=/ip4/127.0.0.1/tcp/{port}", $"announce=/dns4/localhost/tcp/{port}", circuit);
        await using Libp2pHost dialer = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with
        {
            AnnounceAddresses = [Multiaddress.Parse("/dns4/localhost/tcp/1")], // nobody answers there: we must dial at js's word
        });
        await DialThroughAsync(dialer, js, circuit);
        await UntilDirectAsync(js, dialer);
        Assert.Equal("direct"u8.ToArray(), await InteropHost.EchoAsync(dialer, js.Id, "direct"u8.ToArray(), Token));
    }

    [JsFact]
    public async Task A_js_node_dials_us_at_once_where_we_can_be_dialled()
    {
        await using Libp2pHost relay = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, Relays);
        string circuit = InteropHost.AddressOf(relay) + "/p2p-circuit";
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519", "relay-client", "dcutr", "deaf", circuit);
        int port = InteropHost.FreePort();
        await using Libp2pHost dialer = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with
        {
            ListenAddresses = [Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{port}")],
            AnnounceAddresses = [Multiaddress.Parse($"/dns4/localhost/tcp/{port}")],
        });
        await DialThroughAsync(dialer, js, circuit);
        await UntilDirectAsync(js, dialer);
    }

    /// <summary>Dials a js node through the relay as soon as it has its reservation there.</summary>
    private async Task DialThroughAsync(Libp2pHost dialer, JsNode js, string circuit)
    {
        while (!(await js.CallAsync("addresses"))["addresses"]!.AsArray().Any(a => a!.GetValue<string>().Contains("/p2p-circuit", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        await dialer.ConnectAsync(new PeerAddress(js.Id, Multiaddress.Parse(circuit)), Token);
    }

    /// <summary>Waits until js has a direct connection with a host; it closes the relayed one only where its own dial was the one that worked.</summary>
    private async Task UntilDirectAsync(JsNode js, Libp2pHost host)
    {
        while (true)
        {
            JsonNode?[] connections = [.. (await js.CallAsync("connections"))["connections"]!.AsArray().Where(c => c!["peer"]!.GetValue<string>() == host.Id.ToString())];
            if (Array.Find(connections, c => !c!["limits"]!.GetValue<bool>()) is { } direct)
            {
                Assert.DoesNotContain("p2p-circuit", direct["address"]!.GetValue<string>(), StringComparison.Ordinal);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }
}
