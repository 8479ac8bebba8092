using Whorl.Dht.Kademlia;
using Whorl.MsgPack;

namespace Whorl.Dht.Records;

/// <summary>
/// A value of several parties: each subkey has a value and an expiration of its own, the later expiration winning. On the wire msgpack
/// extension 0x50 with [maxsize, latest expiration, [[subkey, value, expiration], …]]. Not thread-safe.
/// </summary>
internal sealed class DictionaryValue
{
    private const int MaxItemsBytes = DhtLimits.MaxValueBytes - 64; // less what stands around the items
    private const int ItemBytes = 16; // of an item's array, its expiration and its value's length

    private readonly Func<double> _now;
    private readonly TimedStorage<DhtSubkey, ReadOnlyMemory<byte>> _items;
    private long _bytes; // at least those of the items
    private double _countedAt = double.NegativeInfinity;

    /// <param name="now">The time in seconds of unix time.</param>
    public DictionaryValue(Func<double> now) => (_now, _items) = (now, new(now, DhtLimits.MaxSubkeys));

    /// <summary>The latest expiration that was ever offered; what the whole record is compared by.</summary>
    public double LatestExpiration { get; private set; } = double.NegativeInfinity;

    /// <summary>The values that have not expired.</summary>
    public IReadOnlyDictionary<DhtSubkey, DhtItem> Items =>
        _items.Items.ToDictionary(item => item.Key, item => new DhtItem(item.Value, item.Expiration));

    /// <summary>The bytes of the msgpack form, rounded up.</summary>
    public long Bytes => _items.Items.Sum(item => (long)item.Value.Length + item.Key.Packed.Length + ItemBytes);

    /// <summary>Adds or renews a value.</summary>
    /// <returns>
    /// False where it has expired, one that expires at the same time or later is there, or the whole would exceed
    /// <see cref="DhtLimits.MaxValueBytes"/>, so that no answer could carry it.
    /// </returns>
    public bool Store(DhtSubkey subkey, ReadOnlyMemory<byte> value, double expiration)
    {
        if (!HasRoomFor(subkey.Packed.Length + value.Length + ItemBytes))
        {
            return false;
        }

        LatestExpiration = Math.Max(LatestExpiration, expiration);
        return _items.Store(subkey, value, expiration);
    }

    /// <summary>Adds what is newer in another dictionary.</summary>
    public void Merge(DictionaryValue other)
    {
        foreach ((DhtSubkey subkey, ReadOnlyMemory<byte> value, double expiration) in other._items.Items)
        {
            Store(subkey, value, expiration);
        }
    }

    /// <summary>A dictionary of its own with the same values.</summary>
    public DictionaryValue Copy()
    {
        var copy = new DictionaryValue(_now);
        copy.Merge(this);
        copy.LatestExpiration = LatestExpiration;
        return copy;
    }

    /// <summary>The msgpack form.</summary>
    public byte[] ToBytes()
    {
        List<object?> items = [.. _items.Items.Select(item => new List<object?> { item.Key.Value, item.Value.ToArray(), item.Expiration })];
        return MsgPackWriter.Write(new MsgPackExtension(
            MsgPackExtension.DictionaryValue,
            MsgPackWriter.Write(new List<object?> { double.PositiveInfinity, LatestExpiration, items })));
    }

    /// <summary>Reads the msgpack form; values that have expired are left out.</summary>
    /// <exception cref="WireFormatException">It is not such a dictionary, or beyond <see cref="DhtLimits"/>.</exception>
    public static DictionaryValue Parse(ReadOnlySpan<byte> bytes, Func<double> now)
    {
        if (MsgPackReader.Read(bytes) is not MsgPackExtension { Code: MsgPackExtension.DictionaryValue } extension
            || MapFields.Items(MsgPackReader.Read(extension.Payload)) is not [_, { } latest, { } entries]
            || ReadTime(latest) is not double latestExpiration
            || MapFields.Items(entries) is not { } items)
        {
            throw new WireFormatException("a dictionary value is not extension 0x50 with [maxsize, latest expiration, items]");
        }

        if (items.Count > DhtLimits.MaxSubkeys)
        {
            throw new WireFormatException($"a dictionary value of {items.Count} subkeys, at most {DhtLimits.MaxSubkeys} are taken");
        }

        var value = new DictionaryValue(now);
        foreach (object? item in items)
        {
            if (MapFields.Items(item) is not [var subkey, byte[] content, { } expiration] || ReadTime(expiration) is not double time)
            {
                throw new WireFormatException("a dictionary value: an item is not [subkey, bytes, expiration]");
            }

            value.Store(DhtSubkey.OfValue(subkey), content, time);
        }

        value.LatestExpiration = latestExpiration;
        return value;
    }

    /// <summary>Counts up what comes, and anew, at most once in a second, when it seems too much.</summary>
    private bool HasRoomFor(int bytes)
    {
        if (_bytes + bytes > MaxItemsBytes && _now() >= _countedAt + 1)
        {
            _countedAt = _now();
            _bytes = Bytes;
        }

        if (_bytes + bytes > MaxItemsBytes)
        {
            return false;
        }

        _bytes += bytes;
        return true;
    }

    /// <summary>A number, float or integer, but NaN; null for anything else.</summary>
    private static double? ReadTime(object value) => value switch
    {
        double time when !double.IsNaN(time) => time,
        long time => time,
        _ => null,
    };
}
