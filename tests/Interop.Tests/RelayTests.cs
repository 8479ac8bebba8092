using System.Text.Json.Nodes;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>Circuit relay v2 with js-libp2p in each of the three places.</summary>
public sealed class RelayTests
{
    private const int Bytes = 4 << 20;

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(90)).Token;

    [JsFact]
    public async Task We_reserve_at_a_js_relay_and_are_dialled_through_it_by_us_and_by_js()
    {
        await using JsNode relay = await JsNode.StartAsync("noise", "Ed25519", "relay-server");
        await using JsNode jsDialer = await JsNode.StartAsync("noise", "Ed25519", "relay-client");
        await using Libp2pHost hidden = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Rsa, o => o with { ListenAddresses = [], PunchesHoles = false });
        await using Libp2pHost dialer = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with { PunchesHoles = false });
        await hidden.ReserveRelayAsync(relay.Address, Token);
        Multiaddress circuit = hidden.ListenAddresses[0];
        string hash = await InteropHost.SinkAsync(dialer, new PeerAddress(hidden.Id, circuit), Bytes, Token);
        Assert.Equal(InteropHost.HashOfPattern(Bytes), hash);
        JsonObject answer = await jsDialer.CallAsync("sink", ("address", circuit.WithPeer(hidden.Id).ToString()), ("bytes", Bytes));
        Assert.Equal(InteropHost.HashOfPattern(Bytes), answer["sha256"]!.GetValue<string>());
    }

    [JsFact]
    public async Task Js_reserves_at_our_relay_and_is_dialled_through_it_by_us_and_by_js()
    {
        await using Libp2pHost relay = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with { IsRelay = true });
        string circuitOfRelay = InteropHost.AddressOf(relay) + "/p2p-circuit";
        await using JsNode hidden = await JsNode.StartAsync("noise", "RSA", "relay-client", circuitOfRelay);
        await using JsNode jsDialer = await JsNode.StartAsync("noise", "Ed25519", "relay-client");
        await using Libp2pHost dialer = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519, o => o with { PunchesHoles = false });
        Multiaddress circuit = Multiaddress.Parse(circuitOfRelay);
        while (!(await hidden.CallAsync("addresses"))["addresses"]!.AsArray().Any(a => a!.GetValue<string>().Contains("/p2p-circuit", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        }

        string hash = await InteropHost.SinkAsync(dialer, new PeerAddress(hidden.Id, circuit), Bytes, Token);
        Assert.Equal(InteropHost.HashOfPattern(Bytes), hash);
        JsonObject answer = await jsDialer.CallAsync("sink", ("address", circuit.WithPeer(hidden.Id).ToString()), ("bytes", Bytes));
        Assert.Equal(InteropHost.HashOfPattern(Bytes), answer["sha256"]!.GetValue<string>());
    }
}
