using System.Security.Cryptography;
using System.Text;
using Whorl.P2P.Identity;

namespace Whorl.P2P.Security.Noise;

/// <summary>The messages of <c>Noise_XX_25519_ChaChaPoly_SHA256</c> without a prologue; no I/O.</summary>
/// <remarks>Source: <see href="https://noiseprotocol.org/noise.html"/>, revision 34, sections 5 and 7.5. Each message is written or read once, in order.</remarks>
internal sealed class NoiseHandshake : IDisposable
{
    public const int KeyBytes = 32;

    private readonly ICurve25519 _curve = BouncyCurve25519.Instance;
    private readonly byte[] _static;
    private readonly byte[] _ephemeral;
    private readonly byte[] _hash;
    private readonly byte[] _chainingKey;
    private byte[] _remoteEphemeral = [];
    private ChaChaPoly? _cipher;

    /// <param name="staticKey">The X25519 private key of this connection.</param>
    /// <param name="ephemeralKey">Another, for this handshake only.</param>
    public NoiseHandshake(ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> ephemeralKey)
    {
        _static = staticKey.ToArray();
        _ephemeral = ephemeralKey.ToArray();
        _hash = Encoding.ASCII.GetBytes("Noise_XX_25519_ChaChaPoly_SHA256"); // 32 bytes: its own hash
        _chainingKey = [.. _hash];
        MixHash([]); // the empty prologue
    }

    /// <summary>The other side's static key, once its message was read.</summary>
    public byte[] RemoteStatic { get; private set; } = [];

    /// <summary>Dialer: <c>e</c>.</summary>
    public byte[] WriteFirst(ReadOnlySpan<byte> payload)
    {
        byte[] e = _curve.AgreementPublicKey(_ephemeral);
        MixHash(e);
        return [.. e, .. EncryptAndHash(payload)];
    }

    /// <summary>Listener: reads <c>e</c>; gives the payload.</summary>
    public byte[] ReadFirst(ReadOnlySpan<byte> message)
    {
        _remoteEphemeral = TakeKey(ref message);
        MixHash(_remoteEphemeral);
        return DecryptAndHash(message);
    }

    /// <summary>Listener: <c>e, ee, s, es</c>.</summary>
    public byte[] WriteSecond(ReadOnlySpan<byte> payload)
    {
        byte[] e = _curve.AgreementPublicKey(_ephemeral);
        MixHash(e);
        MixAgreement(_ephemeral, _remoteEphemeral);
        byte[] s = EncryptAndHash(_curve.AgreementPublicKey(_static));
        MixAgreement(_static, _remoteEphemeral);
        return [.. e, .. s, .. EncryptAndHash(payload)];
    }

    /// <summary>Dialer: reads <c>e, ee, s, es</c>; gives the payload.</summary>
    public byte[] ReadSecond(ReadOnlySpan<byte> message)
    {
        _remoteEphemeral = TakeKey(ref message);
        MixHash(_remoteEphemeral);
        MixAgreement(_ephemeral, _remoteEphemeral);
        RemoteStatic = TakeEncryptedKey(ref message);
        MixAgreement(_ephemeral, RemoteStatic);
        return DecryptAndHash(message);
    }

    /// <summary>Dialer: <c>s, se</c>.</summary>
    public byte[] WriteThird(ReadOnlySpan<byte> payload)
    {
        byte[] s = EncryptAndHash(_curve.AgreementPublicKey(_static));
        MixAgreement(_static, _remoteEphemeral);
        return [.. s, .. EncryptAndHash(payload)];
    }

    /// <summary>Listener: reads <c>s, se</c>; gives the payload.</summary>
    public byte[] ReadThird(ReadOnlySpan<byte> message)
    {
        RemoteStatic = TakeEncryptedKey(ref message);
        MixAgreement(_ephemeral, RemoteStatic);
        return DecryptAndHash(message);
    }

    /// <summary>The ciphers of the connection that follows.</summary>
    public (ChaChaPoly DialerToListener, ChaChaPoly ListenerToDialer) Split()
    {
        byte[] keys = HKDF.DeriveKey(HashAlgorithmName.SHA256, [], 2 * KeyBytes, _chainingKey, []);
        return (new ChaChaPoly(keys.AsSpan(0, KeyBytes)), new ChaChaPoly(keys.AsSpan(KeyBytes)));
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_static);
        CryptographicOperations.ZeroMemory(_ephemeral);
        CryptographicOperations.ZeroMemory(_chainingKey);
        _cipher?.Dispose();
    }

    private void MixHash(ReadOnlySpan<byte> data)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_hash);
        hash.AppendData(data);
        hash.GetHashAndReset(_hash);
    }

    private void MixAgreement(ReadOnlySpan<byte> own, ReadOnlySpan<byte> other)
    {
        byte[] secret = new byte[KeyBytes];
        if (!_curve.TryAgree(own, other, secret))
        {
            throw new ProtocolViolationException("noise: a public key of small order");
        }

        byte[] keys = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 2 * KeyBytes, _chainingKey, []);
        keys.AsSpan(0, KeyBytes).CopyTo(_chainingKey);
        _cipher?.Dispose();
        _cipher = new ChaChaPoly(keys.AsSpan(KeyBytes));
    }

    private byte[] EncryptAndHash(ReadOnlySpan<byte> plaintext)
    {
        byte[] output = plaintext.ToArray();
        if (_cipher is not null)
        {
            output = new byte[plaintext.Length + ChaChaPoly.TagBytes];
            _cipher.Encrypt(plaintext, _hash, output);
        }

        MixHash(output);
        return output;
    }

    private byte[] DecryptAndHash(ReadOnlySpan<byte> ciphertext)
    {
        byte[] output = ciphertext.ToArray();
        if (_cipher is not null)
        {
            output = new byte[Math.Max(0, ciphertext.Length - ChaChaPoly.TagBytes)];
            if (!_cipher.TryDecrypt(ciphertext, _hash, output))
            {
                throw new ProtocolViolationException("noise: a handshake message that does not decrypt");
            }
        }

        MixHash(ciphertext);
        return output;
    }

    private static byte[] TakeKey(ref ReadOnlySpan<byte> message) => Take(ref message, KeyBytes).ToArray();

    private byte[] TakeEncryptedKey(ref ReadOnlySpan<byte> message) => DecryptAndHash(Take(ref message, KeyBytes + ChaChaPoly.TagBytes));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> message, int length)
    {
        if (message.Length < length)
        {
            throw new WireFormatException($"noise: a handshake message of {message.Length} bytes where {length} are needed");
        }

        ReadOnlySpan<byte> taken = message[..length];
        message = message[length..];
        return taken;
    }
}
