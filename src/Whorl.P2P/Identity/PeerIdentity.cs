using System.Security.Cryptography;
using Google.Protobuf;
using Whorl.P2P.Identity;
using Whorl.P2P.Wire;

namespace Whorl.P2P;

/// <summary>A private key: what makes this node the peer of that id. RSA or Ed25519.</summary>
/// <remarks>The file form is the raw libp2p PrivateKey protobuf, as hivemind's <c>--identity_path</c> reads and writes it.</remarks>
public sealed class PeerIdentity
{
    /// <summary>A longer key file is refused, in bytes.</summary>
    public const int MaxMarshalledBytes = 16 * 1024;

    private const int GeneratedRsaBits = 2048; // as hivemind's
    private const int SeedBytes = 32;

    private readonly byte[] _data;

    private PeerIdentity(PeerKeyType type, byte[] data, PeerPublicKey publicKey)
    {
        Type = type;
        _data = data;
        PublicKey = publicKey;
    }

    /// <summary>The kind of key.</summary>
    public PeerKeyType Type { get; }

    /// <summary>The public half.</summary>
    public PeerPublicKey PublicKey { get; }

    /// <summary>The id this key proves.</summary>
    public PeerId Id => PublicKey.Id;

    /// <summary>Makes a new key from the system's secure random numbers.</summary>
    /// <exception cref="NotSupportedException">Neither RSA nor Ed25519.</exception>
    public static PeerIdentity Generate(PeerKeyType type = PeerKeyType.Ed25519)
    {
        switch (type)
        {
            case PeerKeyType.Ed25519:
                return FromSeed(RandomNumberGenerator.GetBytes(SeedBytes));
            case PeerKeyType.Rsa:
                using (RSA rsa = RSA.Create(GeneratedRsaBits))
                {
                    return FromRsa(rsa);
                }

            default:
                throw new NotSupportedException($"identities are RSA or Ed25519, not {type}");
        }
    }

    /// <summary>The Ed25519 key of a 32-byte seed: equal seeds give equal identities.</summary>
    public static PeerIdentity FromSeed(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, SeedBytes, nameof(seed));
        byte[] publicKey = BouncyCurve25519.Instance.SigningPublicKey(seed);
        return new PeerIdentity(PeerKeyType.Ed25519, [.. seed, .. publicKey], new PeerPublicKey(PeerKeyType.Ed25519, publicKey));
    }

    /// <summary>Reads the PrivateKey protobuf.</summary>
    /// <exception cref="WireFormatException">Malformed, above the limit, or of a type other than RSA and Ed25519.</exception>
    public static PeerIdentity Unmarshal(ReadOnlySpan<byte> marshalled)
    {
        if (marshalled.Length > MaxMarshalledBytes)
        {
            throw new WireFormatException($"private key of {marshalled.Length} bytes, limit {MaxMarshalledBytes}");
        }

        PrivateKey message = WireMessage.Parse(PrivateKey.Parser, marshalled, "private key");
        byte[] data = message.Data.ToByteArray();
        switch (message.HasType ? message.Type : (KeyType)(-1))
        {
            case KeyType.Ed25519 when data.Length is 64 or 96: // old go wrote the public key twice
                PeerIdentity identity = FromSeed(data.AsSpan(0, SeedBytes));
                return identity._data.AsSpan(SeedBytes).SequenceEqual(data.AsSpan(SeedBytes, SeedBytes))
                    ? identity
                    : throw new WireFormatException("private key: the public half does not belong to the seed");
            case KeyType.Rsa:
                try
                {
                    using RSA rsa = RSA.Create();
                    rsa.ImportRSAPrivateKey(data, out _);
                    return FromRsa(rsa);
                }
                catch (CryptographicException e)
                {
                    throw new WireFormatException("private key: not an RSA key in PKCS#1", e);
                }

            default:
                throw new WireFormatException("private key: neither RSA nor Ed25519");
        }
    }

    /// <summary>Reads a key file; the message names the file where it is malformed.</summary>
    /// <exception cref="WireFormatException">Not such a key.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<PeerIdentity> LoadAsync(string path, CancellationToken cancellationToken)
    {
        FileInfo file = new(path);
        if (file.Exists && file.Length > MaxMarshalledBytes)
        {
            throw new WireFormatException($"identity file {path}: {file.Length} bytes, limit {MaxMarshalledBytes}");
        }

        try
        {
            return Unmarshal(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (WireFormatException e)
        {
            throw new WireFormatException($"identity file {path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a key file, or makes a key and writes it where there is none.</summary>
    /// <exception cref="WireFormatException">There is a file of another kind.</exception>
    /// <exception cref="IOException">It can be neither read nor written.</exception>
    public static async Task<PeerIdentity> LoadOrCreateAsync(string path, PeerKeyType type, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return await LoadAsync(path, cancellationToken).ConfigureAwait(false);
        }

        PeerIdentity identity = Generate(type);
        await identity.SaveAsync(path, cancellationToken).ConfigureAwait(false);
        return identity;
    }

    /// <summary>Writes a new key file that only its owner may read (mode 0600).</summary>
    /// <exception cref="IOException">It exists already, or cannot be written.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using FileStream file = new(path, options);
        await file.WriteAsync(Marshal(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The PrivateKey protobuf. Keep it secret.</summary>
    public byte[] Marshal() => new PrivateKey { Type = (KeyType)Type, Data = ByteString.CopyFrom(_data) }.ToByteArray();

    /// <summary>Signs a message as <see cref="PeerPublicKey.Verify"/> checks it.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        if (Type == PeerKeyType.Ed25519)
        {
            return BouncyCurve25519.Instance.Sign(_data.AsSpan(0, SeedBytes), message);
        }

        using RSA rsa = RSA.Create();
        rsa.ImportRSAPrivateKey(_data, out _);
        return rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static PeerIdentity FromRsa(RSA rsa)
    {
        PeerPublicKey publicKey = PeerPublicKey.Unmarshal(new PeerPublicKey(PeerKeyType.Rsa, rsa.ExportSubjectPublicKeyInfo()).Marshalled.Span);
        return new PeerIdentity(PeerKeyType.Rsa, rsa.ExportRSAPrivateKey(), publicKey);
    }
}
