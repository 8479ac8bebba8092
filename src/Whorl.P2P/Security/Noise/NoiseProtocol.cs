using System.Buffers.Binary;
using System.Security.Cryptography;
using Whorl.P2P.Identity;

namespace Whorl.P2P.Security.Noise;

/// <summary>The security protocol <c>/noise</c>: <see href="https://github.com/libp2p/specs/blob/master/noise/README.md"/>.</summary>
internal sealed class NoiseProtocol(PeerIdentity identity) : ISecurityProtocol
{
    public const string ProtocolId = "/noise";

    /// <summary>The longest handshake message here: an RSA key of 8192 bits and its signature take 2.2 kB.</summary>
    private const int MaxHandshakeBytes = 8 * 1024;

    public string Id => ProtocolId;

    public async ValueTask<SecuredConnection> SecureAsync(
        Stream raw, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellationToken)
    {
        byte[] staticKey = RandomNumberGenerator.GetBytes(NoiseHandshake.KeyBytes);
        using NoiseHandshake handshake = new(staticKey, RandomNumberGenerator.GetBytes(NoiseHandshake.KeyBytes));
        byte[] payload = NoisePayload.Write(identity, BouncyCurve25519.Instance.AgreementPublicKey(staticKey), muxers);
        NoisePayload remote;
        if (isDialer)
        {
            await WriteAsync(raw, handshake.WriteFirst([]), cancellationToken).ConfigureAwait(false);
            byte[] answer = handshake.ReadSecond(await ReadAsync(raw, cancellationToken).ConfigureAwait(false));
            remote = NoisePayload.Read(answer, handshake.RemoteStatic);
            PeerCheck.ThrowUnlessExpected(remote.Key, expected);
            await WriteAsync(raw, handshake.WriteThird(payload), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            handshake.ReadFirst(await ReadAsync(raw, cancellationToken).ConfigureAwait(false));
            await WriteAsync(raw, handshake.WriteSecond(payload), cancellationToken).ConfigureAwait(false);
            byte[] answer = handshake.ReadThird(await ReadAsync(raw, cancellationToken).ConfigureAwait(false));
            remote = NoisePayload.Read(answer, handshake.RemoteStatic);
            PeerCheck.ThrowUnlessExpected(remote.Key, expected);
        }

        (ChaChaPoly fromDialer, ChaChaPoly fromListener) = handshake.Split();
        NoiseStream secured = isDialer ? new NoiseStream(raw, fromDialer, fromListener) : new NoiseStream(raw, fromListener, fromDialer);
        (IReadOnlyList<string> first, IReadOnlyList<string> second) = isDialer ? (muxers, remote.Muxers) : (remote.Muxers, muxers);
        return new SecuredConnection(secured, remote.Key, first.FirstOrDefault(second.Contains));
    }

    private static ValueTask WriteAsync(Stream raw, byte[] message, CancellationToken cancellationToken)
    {
        byte[] frame = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame, 2);
        return raw.WriteAsync(frame, cancellationToken);
    }

    private static async ValueTask<byte[]> ReadAsync(Stream raw, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[2];
        await raw.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (length > MaxHandshakeBytes)
        {
            throw new WireFormatException($"noise: a handshake message of {length} bytes, limit {MaxHandshakeBytes}");
        }

        byte[] message = new byte[length];
        await raw.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return message;
    }
}
