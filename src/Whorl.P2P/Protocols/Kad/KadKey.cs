using System.Numerics;
using System.Security.Cryptography;

namespace Whorl.P2P.Protocols.Kad;

/// <summary>A place in kad's 256-bit space: the SHA-256 of a peer id's bytes (of any key's bytes).</summary>
internal readonly struct KadKey
{
    public const int Bits = 256;

    private readonly byte[] _hash;

    public KadKey(ReadOnlySpan<byte> key) => _hash = SHA256.HashData(key);

    public KadKey(PeerId peer)
        : this(peer.Bytes.Span)
    {
    }

    /// <summary>How many leading bits both have in common: 256 for equal keys.</summary>
    public int CommonPrefixLength(KadKey other)
    {
        for (int i = 0; i < _hash.Length; i++)
        {
            int difference = _hash[i] ^ other._hash[i];
            if (difference != 0)
            {
                return (i * 8) + BitOperations.LeadingZeroCount((uint)difference) - 24;
            }
        }

        return Bits;
    }

    /// <summary>Negative where <paramref name="a"/> is nearer to this key than <paramref name="b"/>, by XOR.</summary>
    public int CompareDistance(KadKey a, KadKey b)
    {
        for (int i = 0; i < _hash.Length; i++)
        {
            int order = (a._hash[i] ^ _hash[i]).CompareTo(b._hash[i] ^ _hash[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }
}
