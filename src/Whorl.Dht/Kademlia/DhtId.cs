using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Whorl.MsgPack;

namespace Whorl.Dht.Kademlia;

/// <summary>
/// A point of hivemind's key space: an unsigned integer of 160 bits, the name of a node or of a key. Distances are of the same type, by
/// exclusive or (Maymounkov and Mazières, Kademlia, 2002, section 2.1).
/// </summary>
public readonly struct DhtId : IEquatable<DhtId>, IComparable<DhtId>
{
    /// <summary>The size on the wire.</summary>
    public const int Bytes = 20;

    /// <summary>The number of bits.</summary>
    public const int Bits = Bytes * 8;

    private readonly UInt128 _high;
    private readonly uint _low;

    private DhtId(UInt128 high, uint low) => (_high, _low) = (high, low);

    /// <summary>Reads a big-endian integer.</summary>
    /// <param name="bytes">At most <see cref="Bytes"/>; fewer are the low ones, as hivemind takes them.</param>
    /// <exception cref="WireFormatException">More bytes.</exception>
    public static DhtId FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Bytes)
        {
            throw new WireFormatException($"a DHT id of {bytes.Length} bytes, at most {Bytes} are taken");
        }

        Span<byte> padded = stackalloc byte[Bytes];
        padded.Clear();
        bytes.CopyTo(padded[(Bytes - bytes.Length)..]);
        return new DhtId(BinaryPrimitives.ReadUInt128BigEndian(padded), BinaryPrimitives.ReadUInt32BigEndian(padded[16..]));
    }

    /// <summary>The id under which a key is stored: SHA-1 of its msgpack form.</summary>
    public static DhtId OfKey(string key) => OfSource(MsgPackWriter.Write(key));

    /// <summary>SHA-1 of the bytes.</summary>
    public static DhtId OfSource(ReadOnlySpan<byte> source)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The protocol's choice; it only spreads keys, nothing is authenticated by it.
        SHA1.HashData(source, hash);
#pragma warning restore CA5350
        return FromBytes(hash);
    }

    /// <summary>An id drawn evenly from all.</summary>
    public static DhtId Random(Random random)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        random.NextBytes(bytes);
        return FromBytes(bytes);
    }

    /// <summary>The distance to another id.</summary>
    public DhtId DistanceTo(DhtId other) => new(_high ^ other._high, _low ^ other._low);

    /// <summary>The bit at a depth: 0 is the highest, <see cref="Bits"/> - 1 the lowest.</summary>
    public bool BitAt(int depth) => depth < 128 ? (_high >> (127 - depth) & 1) != 0 : (_low >> (159 - depth) & 1) != 0;

    /// <summary>How many high bits are equal, 0 to <see cref="Bits"/>.</summary>
    public int CommonPrefixLength(DhtId other)
    {
        DhtId distance = DistanceTo(other);
        return distance._high != 0 ? (int)UInt128.LeadingZeroCount(distance._high) : 128 + (int)uint.LeadingZeroCount(distance._low);
    }

    /// <summary>The 20 bytes, big-endian.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    /// <inheritdoc/>
    public int CompareTo(DhtId other)
    {
        int high = _high.CompareTo(other._high);
        return high != 0 ? high : _low.CompareTo(other._low);
    }

    /// <inheritdoc/>
    public bool Equals(DhtId other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DhtId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_high:x32}{_low:x8}");

    /// <summary>Whether both are the same point.</summary>
    public static bool operator ==(DhtId left, DhtId right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(DhtId left, DhtId right) => !left.Equals(right);

    /// <summary>Order as integers.</summary>
    public static bool operator <(DhtId left, DhtId right) => left.CompareTo(right) < 0;

    /// <summary>Order as integers.</summary>
    public static bool operator >(DhtId left, DhtId right) => left.CompareTo(right) > 0;

    /// <summary>Order as integers.</summary>
    public static bool operator <=(DhtId left, DhtId right) => left.CompareTo(right) <= 0;

    /// <summary>Order as integers.</summary>
    public static bool operator >=(DhtId left, DhtId right) => left.CompareTo(right) >= 0;
}
