using Google.Protobuf;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Protocols.AutoNat;
using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Protocols.Kad;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Protocols.Relay;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Tests.Protocols;

/// <summary>Any bytes give a message or a <see cref="WireFormatException"/>, and fields of a later version are passed over.</summary>
public sealed class MessageFuzzTests
{
    private static readonly PeerIdentity Self = PeerIdentity.FromSeed(new byte[32]);
    private static readonly Multiaddress[] Addresses = [Multiaddress.Parse("/ip4/1.2.3.4/tcp/5"), Multiaddress.Parse("/dns/example.org/tcp/6")];

    public static TheoryData<string> Messages => [.. Readers.Keys];

    private static Dictionary<string, (byte[] Valid, Func<byte[], Task> Read)> Readers => new()
    {
        ["identify"] = (Undelimited(IdentifyMessage.Write(Self, Addresses, ["/a", "/b"], Addresses[0], "agent", 7)), Now(bytes => IdentifyMessage.Read(bytes, Self.Id))),
        ["peer record"] = (SignedRecord.SealAddresses(Self, 3, Addresses), Now(bytes => SignedRecord.OpenAddresses(bytes, Self.Id))),
        ["kad"] = (KadPeers.Answer(KadMessage.Types.MessageType.FindNode, [(Self.Id, Addresses, true)]).ToByteArray(),
            Now(bytes => KadPeers.Read(WireMessage.Parse(KadMessage.Parser, bytes, "kad")))),
        ["relay hop"] = (RelayMessages.Reservation(Self, Self.Id, DateTimeOffset.UnixEpoch, Addresses, new RelayLimits()).ToByteArray(),
            bytes => ReadDelimitedAsync(bytes, stream => RelayMessages.ReadHopAsync(stream, default).AsTask())),
        ["relay stop"] = (new StopMessage { Type = StopMessage.Types.StopType.Connect, Peer = RelayMessages.Peer(Self.Id) }.ToByteArray(),
            bytes => ReadDelimitedAsync(bytes, stream => RelayMessages.ReadStopAsync(stream, default).AsTask())),
        ["hole punch"] = (new HolePunch { Type = HolePunch.Types.HolePunchType.Connect, ObsAddrs = { AddressList.Write(Addresses) } }.ToByteArray(),
            Now(bytes => AddressList.Read(WireMessage.Parse(HolePunch.Parser, bytes, "dcutr").ObsAddrs))),
        ["autonat request"] = (new AutoNatMessage { Type = AutoNatMessage.Types.AutoNatType.Dial, Dial = new() { Peer = new() { Id = ByteString.CopyFrom(Self.Id.Bytes.Span), Addrs = { AddressList.Write(Addresses) } } } }.ToByteArray(),
            Now(bytes => AutoNatProtocol.ReadRequest(WireMessage.Parse(AutoNatMessage.Parser, bytes, "autonat"), Self.Id, Addresses[0]))),
        ["autonat answer"] = (new AutoNatMessage { DialResponse = new() { Status = AutoNatMessage.Types.ResponseStatus.Ok, StatusText = "well", Addr = ByteString.CopyFrom(Addresses[0].Bytes.Span) } }.ToByteArray(),
            Now(bytes => RefusedOrRead(WireMessage.Parse(AutoNatMessage.Parser, bytes, "autonat")))),
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Any_bytes_give_a_message_or_a_wire_format_error(string name)
    {
        (byte[] valid, Func<byte[], Task> read) = Readers[name];
        await read(valid);
        Random random = new(11);
        int understood = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
            try
            {
                await read(bytes);
                understood++;
            }
            catch (WireFormatException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }

        Assert.InRange(understood, 100, 1999);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Fields_of_a_later_version_are_passed_over(string name)
    {
        (byte[] valid, Func<byte[], Task> read) = Readers[name];
        await read([.. valid, 0xFA, 0x07, 0x02, 0x01, 0x02]); // field 127, two bytes
    }

    [Fact]
    public async Task A_length_above_the_limit_is_refused_before_anything_is_read()
    {
        byte[] announced = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F];
        await Assert.ThrowsAsync<WireFormatException>(async () => await RelayMessages.ReadHopAsync(new MemoryStream(announced), default));
        Assert.Throws<WireFormatException>(() => IdentifyMessage.Read(new byte[IdentifyMessage.MaxBytes + 1], Self.Id));
    }

    [Fact]
    public void A_peer_record_of_another_signer_or_with_another_byte_is_refused()
    {
        byte[] record = SignedRecord.SealAddresses(Self, 3, Addresses);
        Assert.Equal(Addresses, SignedRecord.OpenAddresses(record, Self.Id));
        Assert.Throws<WireFormatException>(() => SignedRecord.OpenAddresses(record, PeerIdentity.Generate().Id));
        record[^70] ^= 1; // within the payload or the signature
        Assert.Throws<WireFormatException>(() => SignedRecord.OpenAddresses(record, Self.Id));
    }

    /// <summary>A status other than the two that tell something is an answer too: that the peer did not try.</summary>
    private static void RefusedOrRead(AutoNatMessage answer)
    {
        try
        {
            AutoNatProtocol.ReadAnswer(answer, Self.Id);
        }
        catch (PeerUnavailableException e)
        {
            Assert.Contains("does not dial back", e.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Undelimited(byte[] message)
    {
        ReadOnlySpan<byte> rest = message;
        return Varint.ReadPrefixed(ref rest, message.Length, "message").ToArray();
    }

    private static Func<byte[], Task> Now(Action<byte[]> read) => bytes =>
    {
        read(bytes);
        return Task.CompletedTask;
    };

    private static Task ReadDelimitedAsync<T>(byte[] message, Func<Stream, Task<T>> read)
    {
        byte[] prefix = new byte[Varint.MaxBytes];
        int length = Varint.Write(prefix, (ulong)message.Length);
        return read(new MemoryStream([.. prefix[..length], .. message]));
    }
}
