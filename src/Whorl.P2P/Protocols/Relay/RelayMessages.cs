using Google.Protobuf;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Relay;

/// <summary>Reads and writes the messages of circuit relay v2.</summary>
internal static class RelayMessages
{
    public const string HopProtocolId = "/libp2p/circuit/relay/0.2.0/hop";
    public const string StopProtocolId = "/libp2p/circuit/relay/0.2.0/stop";

    /// <summary>The longest message: the specification's limit.</summary>
    public const int MaxBytes = 4096;

    private const string VoucherDomain = "libp2p-relay-rsvp";
    private static readonly byte[] VoucherType = [0x03, 0x02];

    public static async ValueTask<HopMessage> ReadHopAsync(Stream stream, CancellationToken cancellationToken)
    {
        HopMessage message = await WireMessage.ReadAsync(stream, HopMessage.Parser, MaxBytes, "relay hop", cancellationToken).ConfigureAwait(false);
        return message.HasType ? message : throw new WireFormatException("relay hop: a message without a type");
    }

    public static async ValueTask<StopMessage> ReadStopAsync(Stream stream, CancellationToken cancellationToken)
    {
        StopMessage message = await WireMessage.ReadAsync(stream, StopMessage.Parser, MaxBytes, "relay stop", cancellationToken).ConfigureAwait(false);
        return message.HasType ? message : throw new WireFormatException("relay stop: a message without a type");
    }

    /// <exception cref="WireFormatException">There is no peer, or its id is malformed.</exception>
    public static PeerId ReadPeer(RelayPeer? peer) =>
        peer is { HasId: true } ? PeerId.FromBytes(peer.Id.Span) : throw new WireFormatException("relay: a message without its peer");

    public static RelayPeer Peer(PeerId id) => new() { Id = ByteString.CopyFrom(id.Bytes.Span) };

    public static HopMessage HopStatus(RelayStatus status) => new() { Type = HopMessage.Types.HopType.Status, Status = status };

    public static StopMessage StopStatus(RelayStatus status) => new() { Type = StopMessage.Types.StopType.Status, Status = status };

    public static RelayLimit Limit(RelayLimits limits) =>
        new() { Duration = (uint)limits.MaxCircuitDuration.TotalSeconds, Data = (ulong)limits.MaxCircuitBytes };

    /// <summary>What a relay grants.</summary>
    public static HopMessage Reservation(PeerIdentity relay, PeerId peer, DateTimeOffset expiry, IEnumerable<Multiaddress> addresses, RelayLimits limits)
    {
        ulong seconds = (ulong)expiry.ToUnixTimeSeconds();
        ReservationVoucher voucher = new()
        {
            Relay = ByteString.CopyFrom(relay.Id.Bytes.Span),
            Peer = ByteString.CopyFrom(peer.Bytes.Span),
            Expiration = seconds,
        };
        RelayReservation reservation = new()
        {
            Expire = seconds,
            Voucher = ByteString.CopyFrom(SignedRecord.Seal(relay, VoucherDomain, VoucherType, voucher.ToByteArray())),
        };
        reservation.Addrs.AddRange(AddressList.Write(addresses.Select(a => a.WithPeer(relay.Id))));
        return new HopMessage { Type = HopMessage.Types.HopType.Status, Status = RelayStatus.Ok, Reservation = reservation, Limit = Limit(limits) };
    }
}
