using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P;

/// <summary>The name of a peer: a multihash of its public key, equal where the bytes are equal.</summary>
/// <remarks>
/// A key whose protobuf has at most 42 bytes (Ed25519, secp256k1) stands in the id itself, a longer one (RSA, ECDSA) as its SHA-256.
/// Source: <see href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md"/>.
/// </remarks>
public sealed class PeerId : IEquatable<PeerId>
{
    private const int ShortChars = 8; // of 52

    /// <summary>No valid id is longer, in bytes.</summary>
    public const int MaxBytes = 2 + MaxInlineKeyBytes;

    private const int MaxInlineKeyBytes = 42;
    private const byte IdentityHash = 0x00;
    private const byte Sha256Hash = 0x12;

    private readonly byte[] _multihash;
    private string? _text;

    private PeerId(byte[] multihash) => _multihash = multihash;

    /// <summary>The multihash, as it stands in protobuf messages: 34 bytes for a hashed key, 38 for Ed25519.</summary>
    public ReadOnlyMemory<byte> Bytes => _multihash;

    /// <summary>The marshalled public key where the id contains it, else empty: then it is learned from the peer.</summary>
    public ReadOnlyMemory<byte> InlinePublicKey => _multihash[0] == IdentityHash ? _multihash.AsMemory(2) : default;

    /// <summary>The id of a public key.</summary>
    /// <param name="marshalledKey">The key's libp2p protobuf in its canonical encoding.</param>
    public static PeerId FromPublicKey(ReadOnlySpan<byte> marshalledKey)
    {
        bool inline = marshalledKey.Length <= MaxInlineKeyBytes;
        byte[] multihash = new byte[2 + (inline ? marshalledKey.Length : SHA256.HashSizeInBytes)];
        multihash[0] = inline ? IdentityHash : Sha256Hash;
        multihash[1] = (byte)(multihash.Length - 2);
        if (inline)
        {
            marshalledKey.CopyTo(multihash.AsSpan(2));
        }
        else
        {
            SHA256.HashData(marshalledKey, multihash.AsSpan(2));
        }

        return new PeerId(multihash);
    }

    /// <summary>Reads the multihash.</summary>
    /// <exception cref="WireFormatException">It is neither a SHA-256 nor an inlined key of at most 42 bytes.</exception>
    public static PeerId FromBytes(ReadOnlySpan<byte> multihash) =>
        TryFromBytes(multihash, out PeerId? id)
            ? id
            : throw new WireFormatException($"peer id: {multihash.Length} bytes that are neither a SHA-256 nor an inlined key multihash");

    /// <summary>Reads the multihash; false where <see cref="FromBytes"/> would throw.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> multihash, [NotNullWhen(true)] out PeerId? id)
    {
        bool valid = multihash.Length is > 2 and <= MaxBytes
            && multihash[1] == multihash.Length - 2
            && (multihash[0] == IdentityHash || (multihash[0] == Sha256Hash && multihash[1] == SHA256.HashSizeInBytes));
        id = valid ? new PeerId(multihash.ToArray()) : null;
        return valid;
    }

    /// <summary>Reads either text form: base58 (<c>Qm…</c>, <c>12D3Koo…</c>) or a CIDv1 of codec libp2p-key in any multibase of letters and digits (<c>bafz…</c>, <c>k51…</c>, <c>z5A…</c>).</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static PeerId Parse(string text) =>
        TryParse(text, out PeerId? id) ? id : throw new FormatException($"'{text}' is not a peer id");

    /// <summary>Reads either text form; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out PeerId? id)
    {
        id = null;
        if (text.Length > Base58.MaxTextLength)
        {
            return false;
        }

        if (text.StartsWith("Qm") || text.StartsWith("1"))
        {
            return Base58.TryDecode(text, out byte[]? multihash) && TryFromBytes(multihash, out id);
        }

        ReadOnlySpan<byte> libp2pKeyCid = [0x01, 0x72];
        return Multibase.TryDecode(text, out byte[]? cid) && cid.AsSpan().StartsWith(libp2pKeyCid) && TryFromBytes(cid.AsSpan(2), out id);
    }

    /// <summary>The CIDv1 text form, base32: <c>bafz…</c>.</summary>
    public string ToCid() => "b" + Base32.Encode([0x01, 0x72, .. _multihash]);

    /// <summary>The base58 text form, as it stands in addresses and in DHT records.</summary>
    public override string ToString() => _text ??= Base58.Encode(_multihash);

    /// <summary>An id's text for people: its end, which is where ids differ, and enough of it to find a peer among thousands.</summary>
    /// <param name="id">The text of an id, in any of its forms.</param>
    public static string Shorten(ReadOnlySpan<char> id) => string.Concat("…", id[^Math.Min(id.Length, ShortChars)..]);

    /// <inheritdoc/>
    public bool Equals(PeerId? other) => other is not null && _multihash.AsSpan().SequenceEqual(other._multihash);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerId);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_multihash);
        return hash.ToHashCode();
    }

    /// <summary>Whether both name the same key.</summary>
    public static bool operator ==(PeerId? left, PeerId? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they name different keys.</summary>
    public static bool operator !=(PeerId? left, PeerId? right) => !(left == right);
}
