using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;

namespace Whorl.Dht.Validation;

/// <summary>
/// hivemind's protected records: a subkey or key that contains <c>[owner:ssh-rsa …]</c> may only be written by the holder of that key,
/// whose signature stands behind the value as <c>[signature:…]</c> (hivemind's crypto.py). RSA-PSS with SHA-256 and the longest salt.
/// </summary>
/// <remarks>hivemind has it and Petals does not use it: no record of Petals is protected.</remarks>
public sealed class RsaSignatureValidator : IRecordValidator
{
    private const int MinModulusBits = 1024;
    private const int MaxModulusBits = 8192;
    private const string KeyType = "ssh-rsa";

    private static readonly byte[] OwnerStart = Encoding.ASCII.GetBytes("[owner:");
    private static readonly byte[] SignatureStart = Encoding.ASCII.GetBytes("[signature:");

    private readonly RsaKeyParameters? _privateKey;

    /// <param name="key">The key that signs this node's own records; null to validate only. Its private part is copied.</param>
    public RsaSignatureValidator(RSA? key = null)
    {
        if (key is not null)
        {
            AsymmetricCipherKeyPair pair = DotNetUtilities.GetRsaKeyPair(key.ExportParameters(includePrivateParameters: true));
            _privateKey = (RsaKeyParameters)pair.Private;
            OwnerTag = $"[owner:{FormatPublicKey((RsaKeyParameters)pair.Public)}]";
        }
    }

    /// <summary>What a subkey must contain to be protected by this node's key; empty without one.</summary>
    public string OwnerTag { get; } = "";

    /// <inheritdoc/>
    public int Priority => 10;

    /// <inheritdoc/>
    public bool Validate(DhtRecord record)
    {
        List<ReadOnlyMemory<byte>> owners = [.. Find(record.Key, OwnerStart), .. Find(record.Subkey, OwnerStart)];
        if (owners.Count == 0)
        {
            return true;
        }

        List<ReadOnlyMemory<byte>> signatures = Find(record.Value, SignatureStart);
        return owners.TrueForAll(owner => owner.Span.SequenceEqual(owners[0].Span))
            && signatures.Count == 1
            && ParsePublicKey(Encoding.Latin1.GetString(owners[0].Span)) is { } key
            && Verify(key, (record with { Value = Strip(record) }).ToSignedBytes(), signatures[0]);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Sign(DhtRecord record)
    {
        byte[] tag = Encoding.ASCII.GetBytes(OwnerTag);
        if (_privateKey is null || (record.Key.Span.IndexOf(tag) < 0 && record.Subkey.Span.IndexOf(tag) < 0))
        {
            return record.Value;
        }

        byte[] message = record.ToSignedBytes();
        PssSigner signer = CreateSigner(_privateKey);
        signer.Init(forSigning: true, _privateKey);
        signer.BlockUpdate(message, 0, message.Length);
        string signature = Convert.ToBase64String(signer.GenerateSignature());
        return (byte[])[.. record.Value.Span, .. SignatureStart, .. Encoding.ASCII.GetBytes(signature), (byte)']'];
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Strip(DhtRecord record)
    {
        ReadOnlySpan<byte> rest = record.Value.Span;
        if (rest.IndexOf(SignatureStart) < 0)
        {
            return record.Value;
        }

        var stripped = new List<byte>(rest.Length);
        while (TryFindTag(rest, SignatureStart, out int start, out int end))
        {
            stripped.AddRange(rest[..start]);
            rest = rest[(end + 1)..];
        }

        stripped.AddRange(rest);
        return stripped.ToArray();
    }

    private static bool Verify(RsaKeyParameters key, byte[] message, ReadOnlyMemory<byte> signatureText)
    {
        var signature = new byte[signatureText.Length];
        if (!Convert.TryFromBase64String(Encoding.Latin1.GetString(signatureText.Span), signature, out int length))
        {
            return false;
        }

        PssSigner signer = CreateSigner(key);
        signer.Init(forSigning: false, key);
        signer.BlockUpdate(message, 0, message.Length);
        return signer.VerifySignature(signature[..length]);
    }

    /// <summary>The longest salt that a modulus leaves room for beside the hash and two bytes.</summary>
    private static PssSigner CreateSigner(RsaKeyParameters key)
    {
        int encodedBytes = (key.Modulus.BitLength - 1 + 7) / 8;
        return new PssSigner(new RsaBlindedEngine(), new Sha256Digest(), encodedBytes - SHA256.HashSizeInBytes - 2);
    }

    /// <summary>What stands between a tag's start and the next ']', for each occurrence.</summary>
    private static List<ReadOnlyMemory<byte>> Find(ReadOnlyMemory<byte> bytes, byte[] tag)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        while (TryFindTag(bytes.Span, tag, out int start, out int end))
        {
            found.Add(bytes[(start + tag.Length)..end]);
            bytes = bytes[(end + 1)..];
        }

        return found;
    }

    private static bool TryFindTag(ReadOnlySpan<byte> bytes, byte[] tag, out int start, out int end)
    {
        end = -1;
        start = bytes.IndexOf(tag);
        if (start >= 0)
        {
            // At least one character in between, which may itself be ']'.
            int from = start + tag.Length + 1;
            end = from < bytes.Length ? bytes[from..].IndexOf((byte)']') + from : -1;
            return end >= from;
        }

        return false;
    }

    private static string FormatPublicKey(RsaKeyParameters key)
    {
        byte[] blob =
            [.. Field(Encoding.ASCII.GetBytes(KeyType)), .. Field(key.Exponent.ToByteArray()), .. Field(key.Modulus.ToByteArray())];
        return $"{KeyType} {Convert.ToBase64String(blob)}";
    }

    /// <summary>OpenSSH's text of a public key (RFC 4253, section 6.6); null for anything that is not one of a usable size.</summary>
    private static RsaKeyParameters? ParsePublicKey(string text)
    {
        string[] words = text.Split(' ');
        var blob = new byte[text.Length];
        if (words.Length < 2 || words[0] != KeyType || !Convert.TryFromBase64String(words[1], blob, out int length))
        {
            return null;
        }

        ReadOnlySpan<byte> rest = blob.AsSpan(0, length);
        if (!TryReadField(ref rest, out ReadOnlySpan<byte> type) || !type.SequenceEqual(Encoding.ASCII.GetBytes(KeyType))
            || !TryReadField(ref rest, out ReadOnlySpan<byte> exponent) || exponent.Length is < 1 or > 8
            || !TryReadField(ref rest, out ReadOnlySpan<byte> modulus) || modulus.Length > (MaxModulusBits / 8) + 1 || !rest.IsEmpty)
        {
            return null;
        }

        var n = new BigInteger(1, modulus.ToArray());
        var e = new BigInteger(1, exponent.ToArray());
        return n.BitLength >= MinModulusBits && n.TestBit(0) && e.TestBit(0) && e.BitLength > 1 ? new RsaKeyParameters(false, n, e) : null;
    }

    private static byte[] Field(byte[] content)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length, .. content];
    }

    private static bool TryReadField(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (rest.Length < sizeof(int) || BinaryPrimitives.ReadUInt32BigEndian(rest) > (uint)(rest.Length - sizeof(int)))
        {
            return false;
        }

        int length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
        content = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }
}
