using Google.Protobuf;
using Whorl.P2P.Protocols.Records;

namespace Whorl.P2P.Protocols.Identify;

/// <summary>What a peer tells of itself.</summary>
/// <param name="Key">Its public key; null where it does not say.</param>
/// <param name="Addresses">Where it can be dialled, by its own word; signed ones take the place of others.</param>
/// <param name="Protocols">What it speaks; null where this message does not say.</param>
/// <param name="ObservedAddress">Where it sees the reader.</param>
/// <param name="AgentVersion">Its program.</param>
internal sealed record IdentifyMessage(
    PeerPublicKey? Key, IReadOnlyList<Multiaddress> Addresses, IReadOnlyList<string>? Protocols, Multiaddress? ObservedAddress, string AgentVersion)
{
    /// <summary>The longest message: go-libp2p's limit, too.</summary>
    public const int MaxBytes = 8 * 1024;

    private const int MaxProtocols = 512;
    private const int MaxAgentLength = 256;

    /// <summary>Reads a message of a peer that is authenticated already.</summary>
    /// <exception cref="WireFormatException">Malformed, or with the key of another peer.</exception>
    public static IdentifyMessage Read(ReadOnlySpan<byte> bytes, PeerId sender)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new WireFormatException($"identify: {bytes.Length} bytes, limit {MaxBytes}");
        }

        Wire.Identify message = WireMessage.Parse(Wire.Identify.Parser, bytes, "identify");
        PeerPublicKey? key = message.HasPublicKey ? PeerPublicKey.Unmarshal(message.PublicKey.Span) : null;
        if (key is not null && key.Id != sender)
        {
            throw new WireFormatException($"identify: {sender} shows the key of {key.Id}");
        }

        IReadOnlyList<Multiaddress> addresses = message.HasSignedPeerRecord
            ? SignedRecord.OpenAddresses(message.SignedPeerRecord.Span, sender)
            : AddressList.Read(message.ListenAddrs);
        string[]? protocols = message.Protocols.Count == 0
            ? null
            : [.. message.Protocols.Where(p => p.Length is > 0 and <= ProtocolIds.MaxBytes).Take(MaxProtocols)];
        Multiaddress? observed = Multiaddress.TryFromBytes(message.ObservedAddr.Span, out Multiaddress? address) ? address : null;
        return new IdentifyMessage(key, addresses, protocols, observed, PeerText.Clean(message.AgentVersion, MaxAgentLength));
    }

    /// <summary>Writes what this peer tells of itself.</summary>
    public static byte[] Write(
        PeerIdentity self, IReadOnlyList<Multiaddress> addresses, IEnumerable<string> protocols, Multiaddress? observed, string agent, ulong recordSequence)
    {
        Wire.Identify message = new()
        {
            PublicKey = ByteString.CopyFrom(self.PublicKey.Marshalled.Span),
            ProtocolVersion = "",
            AgentVersion = agent,
            SignedPeerRecord = ByteString.CopyFrom(SignedRecord.SealAddresses(self, recordSequence, addresses)),
        };
        message.ListenAddrs.AddRange(AddressList.Write(addresses));
        message.Protocols.AddRange(protocols);
        if (observed is not null)
        {
            message.ObservedAddr = ByteString.CopyFrom(observed.Bytes.Span);
        }

        return WireMessage.Delimit(message);
    }
}
