using Google.Protobuf;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Records;

/// <summary>Statements that a peer signs: its addresses, and a relay's vouchers.</summary>
/// <remarks>Sources: <see href="https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md"/> and 0003-routing-records.md.</remarks>
internal static class SignedRecord
{
    private const string PeerRecordDomain = "libp2p-peer-record";
    private static readonly byte[] PeerRecordType = [0x03, 0x01];

    /// <summary>An envelope around any payload.</summary>
    public static byte[] Seal(PeerIdentity identity, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload) => new SignedEnvelope
    {
        PublicKey = ByteString.CopyFrom(identity.PublicKey.Marshalled.Span),
        PayloadType = ByteString.CopyFrom(payloadType),
        Payload = ByteString.CopyFrom(payload),
        Signature = ByteString.CopyFrom(identity.Sign(SignedBytes(domain, payloadType, payload))),
    }.ToByteArray();

    /// <summary>This peer's addresses, signed.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="sequence">Rises with every change.</param>
    /// <param name="addresses">Without a trailing <c>/p2p/…</c>.</param>
    public static byte[] SealAddresses(PeerIdentity identity, ulong sequence, IEnumerable<Multiaddress> addresses)
    {
        PeerRecord record = new() { PeerId = ByteString.CopyFrom(identity.Id.Bytes.Span), Seq = sequence };
        record.Addresses.AddRange(addresses.Select(a => new PeerRecord.Types.AddressInfo { Multiaddr = ByteString.CopyFrom(a.Bytes.Span) }));
        return Seal(identity, PeerRecordDomain, PeerRecordType, record.ToByteArray());
    }

    /// <summary>The addresses in an envelope that a given peer must have signed, unknown transports passed over.</summary>
    /// <exception cref="WireFormatException">Malformed, of another type, signed by another or falsely.</exception>
    public static IReadOnlyList<Multiaddress> OpenAddresses(ReadOnlySpan<byte> bytes, PeerId signer)
    {
        SignedEnvelope envelope = WireMessage.Parse(SignedEnvelope.Parser, bytes, "signed envelope");
        PeerPublicKey key = PeerPublicKey.Unmarshal(envelope.PublicKey.Span);
        if (key.Id != signer || !envelope.PayloadType.Span.SequenceEqual(PeerRecordType)
            || !key.Verify(SignedBytes(PeerRecordDomain, PeerRecordType, envelope.Payload.Span), envelope.Signature.Span))
        {
            throw new WireFormatException($"signed envelope: not a peer record signed by {signer}");
        }

        PeerRecord record = WireMessage.Parse(PeerRecord.Parser, envelope.Payload.Span, "peer record");
        return record.PeerId.Span.SequenceEqual(signer.Bytes.Span)
            ? AddressList.Read(record.Addresses.Select(a => a.Multiaddr))
            : throw new WireFormatException($"peer record: of another peer than its signer {signer}");
    }

    private static byte[] SignedBytes(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        List<byte> bytes = [];
        Add(System.Text.Encoding.UTF8.GetBytes(domain));
        Add(payloadType);
        Add(payload);
        return [.. bytes];

        void Add(ReadOnlySpan<byte> part)
        {
            Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
            bytes.AddRange(prefix[..Varint.Write(prefix, (ulong)part.Length)]);
            bytes.AddRange(part);
        }
    }
}
