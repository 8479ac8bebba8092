using System.Numerics;

namespace Whorl.Models.Tests;

/// <summary><see cref="RowHash"/> against its definition, written out word by word.</summary>
public sealed class RowHashTests
{
    [Fact]
    public void Every_length_has_the_hash_of_the_definition()
    {
        byte[] bytes = new byte[700];
        new Random(5).NextBytes(bytes);
        HashSet<UInt128> seen = [];
        for (int length = 0; length <= bytes.Length; length++)
        {
            UInt128 hash = RowHash.Of(bytes.AsSpan(0, length));
            Assert.Equal(Definition(bytes.AsSpan(0, length)), hash);
            Assert.True(seen.Add(hash));
            Assert.Equal(hash, RowHash.Of([.. bytes.AsSpan(0, length)])); // wherever it lies
        }
    }

    [Fact]
    public void Every_bit_counts()
    {
        byte[] bytes = new byte[301];
        new Random(6).NextBytes(bytes);
        HashSet<UInt128> seen = [RowHash.Of(bytes)];
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(RowHash.Of(bytes)));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_known_text_has_the_golden_hash() =>
        Assert.Equal("239287518288e81fe815a09c8c8befa3", RowHash.Of([.. Enumerable.Range(0, 200).Select(i => (byte)i)]).ToString("x32"));

    private static UInt128 Definition(ReadOnlySpan<byte> bytes)
    {
        byte[] padded = [.. bytes, .. new byte[(128 - (bytes.Length % 128)) % 128]];
        uint[] lanes = [.. Enumerable.Range(0, 32).Select(i => (uint)i / 8)];
        for (int word = 0; word < padded.Length / 4; word++)
        {
            ref uint lane = ref lanes[word % 32];
            lane = BitOperations.RotateLeft(lane + (BitConverter.ToUInt32(padded, word * 4) * 0x85ebca77), 13) * 0x9e3779b1;
        }

        ulong upper = (ulong)bytes.Length, lower = ~upper;
        for (int i = 0; i < 32; i += 2)
        {
            ulong word = lanes[i] | ((ulong)lanes[i + 1] << 32);
            upper = BitOperations.RotateLeft(upper + (word * 0xc2b2ae3d27d4eb4f), 31) * 0x9e3779b185ebca87;
            lower = BitOperations.RotateLeft(lower ^ (word * 0x9e3779b185ebca87), 27) * 0xc2b2ae3d27d4eb4f;
        }

        return new UInt128(Mix(upper), Mix(lower));

        static ulong Mix(ulong hash)
        {
            hash = (hash ^ (hash >> 33)) * 0xc2b2ae3d27d4eb4f;
            return hash ^ (hash >> 29);
        }
    }
}
