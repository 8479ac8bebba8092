using System.Text.Json.Nodes;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>Peer routing with js-libp2p's kad-dht in either role.</summary>
public sealed class KadTests
{
    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [JsFact]
    public async Task We_find_a_peer_through_a_js_server()
    {
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519", "kad-server");
        await using Libp2pHost known = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        await using Libp2pHost seeker = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Rsa);
        await known.ConnectAsync(js.Address, Token);
        await seeker.ConnectAsync(js.Address, Token);
        IReadOnlyList<Multiaddress> found = [];
        while (found.Count == 0) // js takes a peer into its table after a probe of its own
        {
            Token.ThrowIfCancellationRequested();
            found = await seeker.FindPeerAsync(known.Id, Token);
        }

        Assert.Contains(known.ListenAddresses[0], found);
        Assert.Equal("found"u8.ToArray(), await InteropHost.EchoAsync(seeker, known.Id, "found"u8.ToArray(), Token));
    }

    [JsFact]
    public async Task Js_finds_a_peer_through_us()
    {
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519", "kad-client");
        await using Libp2pHost server = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        await using Libp2pHost known = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Rsa);
        await known.ConnectAsync(new PeerAddress(server.Id, server.ListenAddresses), Token);
        await js.CallAsync("dial", ("address", InteropHost.AddressOf(server)));
        JsonObject? answer = null;
        while (answer is null)
        {
            Token.ThrowIfCancellationRequested();
            try
            {
                answer = await js.CallAsync("findPeer", ("id", known.Id.ToString()));
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token); // js has not taken us into its table yet
            }
        }

        Assert.Contains(answer["addresses"]!.AsArray(), a => a!.GetValue<string>().StartsWith(known.ListenAddresses[0].ToString(), StringComparison.Ordinal));
    }
}
