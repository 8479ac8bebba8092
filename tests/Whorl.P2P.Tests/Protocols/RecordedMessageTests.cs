using System.Text.Json;
using Google.Protobuf;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Protocols.Kad;
using Whorl.P2P.Protocols.Ping;
using Whorl.P2P.Wire;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Protocols;

/// <summary>The bytes that a real p2pd sent and took, against what is read and written here.</summary>
public sealed class RecordedMessageTests
{
    private static readonly PeerId Boot = PeerId.Parse("QmQZH8ZBxiUkh59zrTFUi7gUnKGYcFjoe4VywxPKrDQzjt");

    [Theory]
    [InlineData("noise/identify raw")]
    [InlineData("tls/identify raw")]
    public void The_recorded_identify_is_understood_and_written_back_the_same(string name)
    {
        ReadOnlySpan<byte> rest = Recorded(name, "received");
        byte[] message = Varint.ReadPrefixed(ref rest, IdentifyMessage.MaxBytes, "recorded").ToArray();
        Assert.True(rest.IsEmpty);
        IdentifyMessage identify = IdentifyMessage.Read(message, Boot);
        Assert.Equal(Boot, identify.Key!.Id);
        Assert.Equal(["/ip4/127.0.0.1/tcp/31500"], identify.Addresses.Select(a => a.ToString())); // from the signed record, whose signature holds
        Assert.Equal("p2pd/0.1", identify.AgentVersion);
        Assert.Contains("/ipfs/kad/1.0.0", identify.Protocols!);
        Assert.Contains("DHTProtocol.rpc_find", identify.Protocols!);
        Assert.Equal(message, P2P.Wire.Identify.Parser.ParseFrom(message).ToByteArray());
        Assert.Throws<WireFormatException>(() => IdentifyMessage.Read(message, PeerIdentity.FromSeed(new byte[32]).Id));
    }

    [Theory]
    [InlineData("noise/kad FIND_NODE other")]
    [InlineData("noise/kad FIND_NODE self")]
    public void The_recorded_look_ups_are_asked_and_answered_in_the_same_bytes(string name)
    {
        byte[] request = Recorded(name, "sent");
        PeerId target = PeerId.FromBytes(request.AsSpan(5, 34));
        Assert.Equal(request, WireMessage.Delimit(KadPeers.FindNode(target)));

        byte[] recorded = Recorded(name, "received");
        ReadOnlySpan<byte> rest = recorded;
        KadMessage answer = KadMessage.Parser.ParseFrom(Varint.ReadPrefixed(ref rest, KadPeers.MaxResponseBytes, "recorded"));
        IReadOnlyList<(PeerId Id, IReadOnlyList<Multiaddress> Addresses)> peers = KadPeers.Read(answer);
        Assert.Equal(target, peers[0].Id);
        Assert.StartsWith("/ip4/127.0.0.1/tcp/315", peers[0].Addresses[0].ToString(), StringComparison.Ordinal);
        byte[] written = WireMessage.Delimit(KadPeers.Answer(
            answer.Type, peers.Select((peer, i) => (peer.Id, peer.Addresses, answer.CloserPeers[i].Connection == 1))));
        Assert.Equal(recorded, written);
    }

    [Fact]
    public async Task The_recorded_ping_is_answered_in_the_recorded_bytes()
    {
        byte[] sent = Recorded("noise/libp2p ping", "sent"), received = Recorded("noise/libp2p ping", "received");
        Libp2pOptions options = new() { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], Security = [SecurityKind.Noise] };
        await using Libp2pHost near = await Libp2pHost.StartAsync(options), far = await Libp2pHost.StartAsync(options);
        await using PeerStream stream = await near.DialAsync(new PeerAddress(far.Id, far.ListenAddresses), PingProtocol.ProtocolId, default);
        await stream.WriteAsync(sent);
        byte[] answer = new byte[received.Length];
        await stream.ReadExactlyAsync(answer);
        Assert.Equal(received, answer);
        await stream.CloseWriteAsync(default);
        Assert.Equal(0, await stream.ReadAsync(new byte[1])); // nothing follows
    }

    [Fact]
    public void The_look_up_of_the_dossier_has_its_bytes() => Assert.Equal(
        "28080412221220022867f25450dd1a3cd92741ecfdff5e68f8d62daca9d58fa339275dd30fb56c5001",
        Convert.ToHexStringLower(WireMessage.Delimit(KadPeers.FindNode(PeerId.Parse("QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZLX")))));

    private static byte[] Recorded(string name, string field)
    {
        using JsonDocument all = JsonDocument.Parse(File.ReadAllText(ReferenceData.PathOf("golden", "petals", "wire-js-dials-p2pd.json")));
        JsonElement value = all.RootElement.EnumerateArray().Single(e => e.GetProperty("name").GetString() == name).GetProperty(field);
        return Convert.FromHexString(value.ValueKind == JsonValueKind.Array ? string.Concat(value.EnumerateArray().Select(v => v.GetString())) : value.GetString()!);
    }
}
