using System.Formats.Asn1;
using System.Security.Cryptography;
using Google.Protobuf;
using Whorl.P2P.Identity;
using Whorl.P2P.Wire;

namespace Whorl.P2P;

/// <summary>A peer's public key, by which its id and its signatures are checked.</summary>
public sealed class PeerPublicKey
{
    /// <summary>A longer protobuf is refused, in bytes.</summary>
    public const int MaxMarshalledBytes = 2048;

    private const int MinRsaBits = 2048, MaxRsaBits = 8192;

    private static readonly string[] NistCurves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"]; // P-256, P-384, P-521

    private readonly byte[] _data;
    private readonly byte[] _marshalled;

    internal PeerPublicKey(PeerKeyType type, ReadOnlySpan<byte> data)
    {
        Type = type;
        _data = data.ToArray();
        _marshalled = new PublicKey { Type = (KeyType)type, Data = ByteString.CopyFrom(data) }.ToByteArray();
        Id = PeerId.FromPublicKey(_marshalled);
    }

    /// <summary>The kind of key.</summary>
    public PeerKeyType Type { get; }

    /// <summary>The id that this key proves.</summary>
    public PeerId Id { get; }

    /// <summary>The key's protobuf in its canonical encoding.</summary>
    public ReadOnlyMemory<byte> Marshalled => _marshalled;

    /// <summary>Reads the protobuf.</summary>
    /// <exception cref="WireFormatException">Malformed, above the limit, of an unknown type, or with a key of a size that is not allowed.</exception>
    public static PeerPublicKey Unmarshal(ReadOnlySpan<byte> marshalled)
    {
        if (marshalled.Length > MaxMarshalledBytes)
        {
            throw new WireFormatException($"public key of {marshalled.Length} bytes, limit {MaxMarshalledBytes}");
        }

        PublicKey message = WireMessage.Parse(PublicKey.Parser, marshalled, "public key");
        if (!message.HasType || !message.HasData || !Enum.IsDefined((PeerKeyType)message.Type))
        {
            throw new WireFormatException("public key: no type, an unknown type or no data");
        }

        PeerPublicKey key = new((PeerKeyType)message.Type, message.Data.Span);
        key.CheckForm();
        return key;
    }

    /// <summary>Whether the signature over the message is this key's; false for a malformed one, too.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        try
        {
            return Type switch
            {
                PeerKeyType.Rsa => VerifyRsa(message, signature),
                PeerKeyType.Ed25519 => BouncyCurve25519.Instance.Verify(_data, message, signature),
                PeerKeyType.Secp256k1 => Secp256k1.Verify(_data, message, signature),
                _ => VerifyEcdsa(message, signature),
            };
        }
        catch (CryptographicException)
        {
            return false; // a signature of a form this key cannot have made
        }
    }

    private void CheckForm()
    {
        try
        {
            bool valid = Type switch
            {
                PeerKeyType.Rsa => RsaBits() is >= MinRsaBits and <= MaxRsaBits,
                PeerKeyType.Ed25519 => _data.Length == 32,
                PeerKeyType.Secp256k1 => Secp256k1.IsPublicKey(_data),
                _ => IsOnNistCurve(),
            };
            if (!valid)
            {
                throw new WireFormatException($"public key: {_data.Length} bytes are not an {Type} key of an allowed size");
            }
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            throw new WireFormatException($"public key: not an {Type} key", e);
        }
    }

    private bool VerifyRsa(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using RSA rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(_data, out _);
        return rsa.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private bool VerifyEcdsa(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_data, out _);
        return ecdsa.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private int RsaBits()
    {
        using RSA rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(_data, out _);
        return rsa.KeySize;
    }

    /// <summary>Looks at the curve's name before the platform sees the key: it may not have the curve, or be busy with one that a peer made up.</summary>
    private bool IsOnNistCurve()
    {
        AsnReader algorithm = new AsnReader(_data, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        algorithm.ReadObjectIdentifier();
        if (!NistCurves.Contains(algorithm.ReadObjectIdentifier()))
        {
            return false;
        }

        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_data, out _);
        return true;
    }
}
