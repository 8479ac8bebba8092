using System.Text.Json.Nodes;
using Whorl.P2P;

namespace Interop.Tests;

/// <summary>AutoNAT with js-libp2p, either side asking.</summary>
public sealed class AutoNatTests
{
    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [JsFact]
    public async Task We_answer_js_with_each_status()
    {
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519");
        await using Libp2pHost host = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        string listening = js.Address.Addresses[0].ToString();
        JsonObject answer = await AskAsync(js.Id, listening);
        Assert.Equal(("OK", listening), (Status(answer), answer["address"]!.GetValue<string>()));
        Assert.Equal("E_DIAL_ERROR", Status(await AskAsync(js.Id, "/ip4/127.0.0.1/tcp/1")));
        Assert.Equal("OK", Status(await AskAsync(js.Id, "/ip4/127.0.0.1/tcp/1", listening)));
        Assert.Equal("E_DIAL_REFUSED", Status(await AskAsync(js.Id, "/ip4/192.0.2.1/tcp/1"))); // a stranger's
        Assert.Equal("E_BAD_REQUEST", Status(await AskAsync(host.Id, listening))); // for somebody else

        Task<JsonObject> AskAsync(PeerId whom, params string[] addresses) => js.CallAsync(
            "askAutoNat", ("address", InteropHost.AddressOf(host)), ("id", whom.ToString()), ("own", new JsonArray([.. addresses.Select(a => JsonValue.Create(a))])));
    }

    [JsFact]
    public async Task Js_refuses_to_dial_an_address_of_this_machine_and_says_so()
    {
        await using JsNode js = await JsNode.StartAsync("noise", "Ed25519", "autonat");
        await using Libp2pHost host = await InteropHost.StartAsync(SecurityKind.Noise, PeerKeyType.Ed25519);
        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(() => host.AskReachabilityAsync(js.Address, Token));
        Assert.Contains("no dialable addresses", e.Message, StringComparison.Ordinal);
    }

    [JsNamespaceFact]
    public async Task Js_asks_us_whether_it_can_be_dialled_and_believes_it()
    {
        await using NetworkNamespace place = new();
        await place.BuildAsync(Token);
        await using JsNode js = await JsNode.StartInAsync(place, "autonat", $"only=/ip4/{NetworkNamespace.FarAddress}/tcp/0");
        await using Libp2pHost host = await StartAsync();
        Assert.Empty((await js.CallAsync("verified"))["addresses"]!.AsArray());
        await host.ConnectAsync(js.Address, Token);
        string listening = js.Address.Addresses[0].ToString();
        while (!(await js.CallAsync("verified"))["addresses"]!.AsArray().Any(a => a!.GetValue<string>().StartsWith(listening, StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }

    [JsNamespaceFact]
    public async Task We_ask_js_whether_we_can_be_dialled()
    {
        await using NetworkNamespace place = new();
        await place.BuildAsync(Token);
        await using JsNode js = await JsNode.StartInAsync(place, "autonat", $"only=/ip4/{NetworkNamespace.FarAddress}/tcp/0");
        await using Libp2pHost open = await StartAsync();
        Assert.Equal(open.ListenAddresses[0], await open.AskReachabilityAsync(js.Address, Token));
        await using Libp2pHost closed = await StartAsync(o => o with { AnnounceAddresses = [Multiaddress.Parse($"/ip4/{NetworkNamespace.NearAddress}/tcp/1")] });
        Assert.Null(await closed.AskReachabilityAsync(js.Address, Token));
    }

    private static string Status(JsonObject answer)
    {
        Assert.Equal("DIAL_RESPONSE", answer["type"]!.GetValue<string>());
        return answer["status"]!.GetValue<string>();
    }

    private static Task<Libp2pHost> StartAsync(Func<Libp2pOptions, Libp2pOptions>? change = null) => InteropHost.StartAsync(
        SecurityKind.Noise, PeerKeyType.Ed25519, o =>
        {
            o = o with { ListenAddresses = [Multiaddress.Parse($"/ip4/{NetworkNamespace.NearAddress}/tcp/0")] };
            return change?.Invoke(o) ?? o;
        });
}
