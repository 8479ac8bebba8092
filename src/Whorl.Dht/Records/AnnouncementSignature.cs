using System.Collections.Concurrent;
using System.Security.Cryptography;
using Whorl.Dht.Kademlia;
using Whorl.MsgPack;
using Whorl.P2P;
using Whorl.Protocol.Messages;

namespace Whorl.Dht.Records;

/// <summary>
/// A server's signature in its announcement, under the key <c>whorl</c> of the map: [prefix, number, valid until, signature]. Petals passes the key over; nodes of
/// ours prefer what is signed to what anybody may have written.
/// </summary>
/// <remarks>
/// Signed is msgpack of the tuple ("whorl announcement", peer id, prefix, number, until, state, throughput, the map without the key). The number is the time of
/// signing in milliseconds, so that an old announcement never replaces a newer one; the blocks are those that the map names. Only peers whose id holds
/// their key (Ed25519, secp256k1) sign.
/// </remarks>
internal static class AnnouncementSignature
{
    private const string Field = "whorl";
    private const string Domain = "whorl announcement";
    private const int MaxPrefixLength = 512;
    private const int MaxBlocks = 1024;
    private const int MaxRemembered = 4096;

    private static readonly byte[] PackedField = MsgPackWriter.Write(Field);

    /// <summary>What verifying gave, by a digest of peer and value: one announcement stands under many keys and comes from many nodes.</summary>
    private static readonly ConcurrentDictionary<UInt128, Claim?> Verified = new();

    /// <summary>Signs an announcement.</summary>
    /// <param name="announcement">The msgpack form of what a server says of itself.</param>
    /// <param name="peer">Whose it is.</param>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="number">Higher than that of every earlier one.</param>
    /// <param name="until">Seconds of unix time.</param>
    /// <param name="sign">Signs with the peer's key; null where there is none.</param>
    /// <returns>The announcement with the signature; unchanged where there is no key.</returns>
    public static byte[] Add(byte[] announcement, PeerId peer, string prefix, long number, double until, Func<byte[], byte[]?> sign)
    {
        MsgPackTuple tuple = (MsgPackTuple)MsgPackReader.Read(announcement)!;
        MsgPackMap map = (MsgPackMap)tuple.Items[2]!;
        if (peer.InlinePublicKey.IsEmpty || sign(Signed(peer, prefix, number, until, tuple.Items[0], tuple.Items[1], map)) is not { } signature)
        {
            return announcement;
        }

        map.Add(Field, new List<object?> { prefix, number, until, signature });
        return MsgPackWriter.Write(tuple);
    }

    /// <summary>The rank of a value that stands under a key and a subkey.</summary>
    public static RecordRank RankOf(DhtId key, DhtSubkey subkey, ReadOnlyMemory<byte> value)
    {
        if (value.Span.IndexOf(PackedField) < 0 || !PeerId.TryParse(subkey.Text, out PeerId? peer) || peer.InlinePublicKey.IsEmpty)
        {
            return RecordRank.Hearsay;
        }

        UInt128 digest = Digest(peer, value.Span);
        if (!Verified.TryGetValue(digest, out Claim? claim))
        {
            if (Verified.Count >= MaxRemembered)
            {
                Verified.Clear();
            }

            Verified[digest] = claim = Verify(peer, value.Span);
        }

        return claim?.Covers(key) == true ? new RecordRank(claim.Number, claim.Until) : RecordRank.Hearsay;
    }

    private static Claim? Verify(PeerId peer, ReadOnlySpan<byte> value)
    {
        try
        {
            if (MapFields.Items(MsgPackReader.Read(value)) is not [var state, var throughput, MsgPackMap map]
                || MapFields.Items(map.GetOrNull(Field)) is not [string { Length: <= MaxPrefixLength } prefix, long number, double until, byte[] signature]
                || map.GetOrNull("start_block") is not (long and >= 0 and var first)
                || map.GetOrNull("end_block") is not (long and var end)
                || number <= RecordRank.Direct.Level || (long)end <= (long)first || (long)end - (long)first > MaxBlocks || (long)end > int.MaxValue)
            {
                return null;
            }

            MsgPackMap rest = new();
            foreach ((object name, object? field) in map.Entries.Where(entry => entry.Key is not Field))
            {
                rest.Add(name, field);
            }

            return PeerPublicKey.Unmarshal(peer.InlinePublicKey.Span).Verify(Signed(peer, prefix, number, until, state, throughput, rest), signature)
                ? new Claim(prefix, (int)(long)first, (int)(long)end, number, until)
                : null;
        }
        catch (WireFormatException)
        {
            return null; // whoever reads it as an announcement will say so
        }
    }

    private static byte[] Signed(PeerId peer, string prefix, long number, double until, object? state, object? throughput, MsgPackMap map) =>
        MsgPackWriter.Write(MsgPackTuple.Of(Domain, peer.Bytes.ToArray(), prefix, number, until, state, throughput, map));

    private static UInt128 Digest(PeerId peer, ReadOnlySpan<byte> value)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(peer.Bytes.Span);
        hash.AppendData(value);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    /// <summary>What a peer has signed.</summary>
    private sealed record Claim(string Prefix, int First, int End, long Number, double Until)
    {
        public bool Covers(DhtId key) => Enumerable.Range(First, End - First).Any(block => DhtId.OfKey(new ModuleUid(Prefix, block).ToString()) == key);
    }
}
