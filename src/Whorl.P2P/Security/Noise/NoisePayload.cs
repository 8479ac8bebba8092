using Google.Protobuf;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Security.Noise;

/// <summary>What each side says about itself within the handshake: its key, the proof that the Noise key is its own, and the multiplexers it has.</summary>
internal sealed record NoisePayload(PeerPublicKey Key, IReadOnlyList<string> Muxers)
{
    private const int MaxMuxers = 16;

    private static ReadOnlySpan<byte> SignaturePrefix => "noise-libp2p-static-key:"u8;

    public static byte[] Write(PeerIdentity identity, ReadOnlySpan<byte> noiseStaticKey, IReadOnlyList<string> muxers) => new NoiseHandshakePayload
    {
        IdentityKey = ByteString.CopyFrom(identity.PublicKey.Marshalled.Span),
        IdentitySig = ByteString.CopyFrom(identity.Sign([.. SignaturePrefix, .. noiseStaticKey])),
        Extensions = new NoiseExtensions { StreamMuxers = { muxers } },
    }.ToByteArray();

    /// <exception cref="WireFormatException">Malformed.</exception>
    /// <exception cref="ProtocolViolationException">The proof is false.</exception>
    public static NoisePayload Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> noiseStaticKey)
    {
        NoiseHandshakePayload message = WireMessage.Parse(NoiseHandshakePayload.Parser, bytes, "noise payload");
        PeerPublicKey key = PeerPublicKey.Unmarshal(message.IdentityKey.Span);
        if (!key.Verify([.. SignaturePrefix, .. noiseStaticKey], message.IdentitySig.Span))
        {
            throw new ProtocolViolationException($"noise: the signature is not that of {key.Id}");
        }

        return new NoisePayload(key, [.. (message.Extensions?.StreamMuxers ?? []).Take(MaxMuxers)]);
    }
}
