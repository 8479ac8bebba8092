using System.Text.Json.Nodes;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>Connections, streams and the small protocols with js-libp2p, for each security protocol and kind of key, either side dialling.</summary>
public sealed class ConnectionTests
{
    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    public static TheoryData<SecurityKind, PeerKeyType> Cases => new()
    {
        { SecurityKind.Noise, PeerKeyType.Ed25519 },
        { SecurityKind.Noise, PeerKeyType.Rsa },
        { SecurityKind.Tls, PeerKeyType.Ed25519 },
        { SecurityKind.Tls, PeerKeyType.Rsa },
    };

    [JsTheory]
    [MemberData(nameof(Cases))]
    public async Task We_dial_js(SecurityKind security, PeerKeyType key)
    {
        await using JsNode js = await StartJsAsync(security, key);
        await using Libp2pHost host = await InteropHost.StartAsync(security, key);
        Assert.Equal(js.Id, await host.ConnectAsync(js.Address, Token));
        Assert.True(await host.PingAsync(js.Id, Token) > TimeSpan.Zero);
        Assert.Equal("hello"u8.ToArray(), await InteropHost.EchoAsync(host, js.Id, "hello"u8.ToArray(), Token));
        Assert.Equal(InteropHost.HashOfPattern(InteropHost.BigTransfer), await InteropHost.SinkAsync(host, js.Id, InteropHost.BigTransfer, Token));
        Assert.Equal(InteropHost.HashOfPattern(InteropHost.BigTransfer), await InteropHost.SourceAsync(host, js.Id, InteropHost.BigTransfer, Token));
        byte[][] echoes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => InteropHost.EchoAsync(host, js.Id, InteropHost.Pattern(20_000 + i), Token)));
        Assert.All(echoes.Index(), echo => Assert.Equal(InteropHost.Pattern(20_000 + echo.Index), echo.Item));
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(async () => await host.DialAsync(js.Id, "/nobody/1", Token));
        JsonObject seen = await js.CallAsync("peer", ("id", host.Id.ToString()));
        AssertDescribes(host, seen);
    }

    [JsTheory]
    [MemberData(nameof(Cases))]
    public async Task Js_dials_us(SecurityKind security, PeerKeyType key)
    {
        await using JsNode js = await StartJsAsync(security, key);
        await using Libp2pHost host = await InteropHost.StartAsync(security, key);
        string address = InteropHost.AddressOf(host);
        Assert.Equal(host.Id.ToString(), (await js.CallAsync("dial", ("address", address)))["peer"]!.GetValue<string>());
        await js.CallAsync("ping", ("address", address));
        Assert.Equal("hello", (await js.CallAsync("echo", ("address", address), ("text", "hello")))["text"]!.GetValue<string>());
        string expected = InteropHost.HashOfPattern(InteropHost.BigTransfer);
        Assert.Equal(expected, (await js.CallAsync("sink", ("address", address), ("bytes", InteropHost.BigTransfer)))["sha256"]!.GetValue<string>());
        Assert.Equal(expected, (await js.CallAsync("source", ("address", address), ("bytes", InteropHost.BigTransfer)))["sha256"]!.GetValue<string>());
        JsonArray received = (await js.CallAsync("echoes", ("address", address), ("count", 50), ("bytes", 20_000)))["received"]!.AsArray();
        Assert.Equal(Enumerable.Range(20_000, 50), received.Select(bytes => bytes!.GetValue<int>()));
        AssertDescribes(host, await js.CallAsync("peer", ("id", host.Id.ToString())));
        JsonNode connection = Assert.Single((await js.CallAsync("connections"))["connections"]!.AsArray())!;
        Assert.Equal("/yamux/1.0.0", connection["muxer"]!.GetValue<string>());
        Assert.Equal(security == SecurityKind.Noise ? "/noise" : "/tls/1.0.0", connection["encryption"]!.GetValue<string>());
        Assert.Equal("back"u8.ToArray(), await InteropHost.EchoAsync(host, js.Id, "back"u8.ToArray(), Token)); // over the connection js has opened
        Assert.Equal(1, host.OpenConnections);
    }

    [JsFact]
    public async Task A_js_node_that_is_killed_fails_our_reads_at_once()
    {
        await using JsNode js = await StartJsAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        await using Libp2pHost host = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        await using PeerStream stream = await host.DialAsync(js.Address, "/echo/1", Token);
        await stream.WriteAsync(new byte[10], Token);
        await stream.ReadExactlyAsync(new byte[10], Token);
        Task<Exception?> reading = Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1], Token));
        await js.DisposeAsync();
        Assert.IsType<PeerUnavailableException>(await reading.WaitAsync(Token));
    }

    private static Task<JsNode> StartJsAsync(SecurityKind security, PeerKeyType key) =>
        JsNode.StartAsync(security == SecurityKind.Noise ? "noise" : "tls", key == PeerKeyType.Rsa ? "RSA" : "Ed25519");

    private static void AssertDescribes(Libp2pHost host, JsonObject seen)
    {
        Assert.Contains("Sink.rpc_hash", seen["protocols"]!.AsArray().Select(p => p!.GetValue<string>()));
        Assert.Contains(host.ListenAddresses[0].ToString(), seen["addresses"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal("whorl", seen["agent"]!.GetValue<string>());
    }
}
