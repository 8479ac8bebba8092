using Whorl.Dht.Kademlia;
using Whorl.MsgPack;

namespace Whorl.Dht.Records;

/// <summary>
/// A value of several parties: each subkey has a value and an expiration of its own, the higher <see cref="RecordRank"/> and then the later expiration
/// winning. On the wire msgpack extension 0x50 with [maxsize, latest expiration, [[subkey, value, expiration], …]]. Not thread-safe.
/// </summary>
internal sealed class DictionaryValue
{
    private const int MaxItemsBytes = DhtLimits.MaxValueBytes - 64; // less what stands around the items
    private const int ItemBytes = 16; // of an item's array, its expiration and its value's length

    private readonly DhtId _key;
    private readonly Func<double> _now;
    private readonly TimedStorage<DhtSubkey, Item> _items;
    private long _bytes; // at least those of the items
    private double _countedAt = double.NegativeInfinity;
    private PriorityQueue<DhtSubkey, double>? _hearsay; // latest first; from the first time that something must go
    private byte[]? _written; // the msgpack form …
    private double _writtenUntil; // … until this time

    /// <param name="key">What it stands under.</param>
    /// <param name="now">The time in seconds of unix time.</param>
    public DictionaryValue(DhtId key, Func<double> now) => (_key, _now, _items) = (key, now, new(now));

    /// <summary>The latest expiration that was ever taken; what the whole record is compared by.</summary>
    public double LatestExpiration { get; private set; } = double.NegativeInfinity;

    /// <summary>The number of values that have not expired.</summary>
    public int Count => _items.Count;

    /// <summary>The values that have not expired.</summary>
    public IReadOnlyDictionary<DhtSubkey, DhtItem> Items =>
        _items.Items.ToDictionary(item => item.Key, item => new DhtItem(item.Value.Value, item.Expiration));

    /// <summary>The bytes of the msgpack form, rounded up.</summary>
    public long Bytes => _written is { } written && _now() <= _writtenUntil ? written.Length : _items.Items.Sum(item => (long)item.Value.Value.Length + item.Key.Packed.Length + ItemBytes);

    /// <summary>Adds or renews a value.</summary>
    /// <param name="subkey">Whose.</param>
    /// <param name="value">What.</param>
    /// <param name="expiration">Until when; later than <see cref="DhtLimits.MaxLifetime"/> counts as that.</param>
    /// <param name="rank">How far it is to be believed, where the caller knows; else it is worked out when another is there.</param>
    /// <returns>
    /// False where it has expired, a better one or one that expires at the same time or later is there, or the whole would exceed
    /// <see cref="DhtLimits.MaxValueBytes"/>, so that no answer could carry it, or <see cref="DhtLimits.MaxSubkeys"/>.
    /// </returns>
    public bool Store(DhtSubkey subkey, ReadOnlyMemory<byte> value, double expiration, RecordRank? rank = null)
    {
        double now = _now();
        if (!Expirations.TryClamp(expiration, now, out expiration))
        {
            return false;
        }

        Item item = new(value, rank);
        bool isBetter = false;
        bool isKnown = _items.TryGet(subkey, out Item? old, out double oldExpiration);
        if (isKnown && old!.Value.Span.SequenceEqual(value.Span))
        {
            item.Rank ??= old.Rank;
            expiration = Math.Min(expiration, item.Rank?.Until ?? AnnouncementSignature.RankOf(_key, subkey, value).Until);
        }
        else if (isKnown)
        {
            RecordRank mine = RankOf(subkey, item), theirs = RankOf(subkey, old!);
            if (mine.Level < theirs.Level)
            {
                return false;
            }

            isBetter = mine.Level > theirs.Level;
            expiration = Math.Min(expiration, mine.Until);
        }

        if (!(expiration >= now) || (isKnown && !isBetter && !(expiration > oldExpiration)) || !MakeRoom(subkey, item, expiration, isKnown))
        {
            return false;
        }

        LatestExpiration = Math.Max(LatestExpiration, expiration);
        _written = null;
        if (IsHearsay(item))
        {
            _hearsay?.Enqueue(subkey, -expiration);
        }

        return _items.Store(subkey, item, expiration, evenIfEarlier: isBetter);
    }

    /// <summary>Adds what is newer or better in another dictionary.</summary>
    public void Merge(DictionaryValue other)
    {
        foreach ((DhtSubkey subkey, Item item, double expiration) in other._items.Items)
        {
            Store(subkey, item.Value, expiration, item.Rank);
        }
    }

    /// <summary>A dictionary of its own with the same values.</summary>
    public DictionaryValue Copy()
    {
        DictionaryValue copy = new(_key, _now);
        foreach ((DhtSubkey subkey, Item item, double expiration) in _items.Items)
        {
            copy._items.Store(subkey, item, expiration);
        }

        (copy._bytes, copy.LatestExpiration) = (_bytes, LatestExpiration);
        return copy;
    }

    /// <summary>The msgpack form.</summary>
    public byte[] ToBytes()
    {
        if (_written is null || _now() > _writtenUntil)
        {
            List<object?> items = [.. _items.Items.Select(item => new List<object?> { item.Key.Value, item.Value.Value.ToArray(), item.Expiration })];
            _writtenUntil = _items.Items.Select(item => item.Expiration).DefaultIfEmpty(double.PositiveInfinity).Min();
            _written = MsgPackWriter.Write(new MsgPackExtension(
                MsgPackExtension.DictionaryValue,
                MsgPackWriter.Write(new List<object?> { double.PositiveInfinity, LatestExpiration, items })));
        }

        return _written;
    }

    /// <summary>Reads the msgpack form; values that have expired, or whose expiration is no time, are left out.</summary>
    /// <exception cref="WireFormatException">It is not such a dictionary, or beyond <see cref="DhtLimits"/>.</exception>
    public static DictionaryValue Parse(DhtId key, ReadOnlySpan<byte> bytes, Func<double> now)
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

        DictionaryValue value = new(key, now);
        foreach (object? item in items)
        {
            if (MapFields.Items(item) is not [var subkey, byte[] content, { } expiration] || ReadTime(expiration) is not double time)
            {
                throw new WireFormatException("a dictionary value: an item is not [subkey, bytes, expiration]");
            }

            value.Store(DhtSubkey.OfValue(subkey), content, time);
        }

        // What it says of itself is believed where it says a time.
        if (Expirations.TryClamp(latestExpiration, now(), out double clamped))
        {
            value.LatestExpiration = clamped;
        }

        return value;
    }

    private RecordRank RankOf(DhtSubkey subkey, Item item) => item.Rank ??= AnnouncementSignature.RankOf(_key, subkey, item.Value);

    /// <summary>Drops what is believed least and lasts longest until there is room; an item never makes room for one that is no better and lasts as long.</summary>
    private bool MakeRoom(DhtSubkey subkey, Item item, double expiration, bool isKnown)
    {
        int bytes = subkey.Packed.Length + item.Value.Length + ItemBytes;
        while (!HasRoomFor(bytes) || (!isKnown && _items.Count >= DhtLimits.MaxSubkeys))
        {
            if (!TryFindDispensable(subkey, out DhtSubkey victim, out double until)
                || (!(until > expiration) && RankOf(subkey, item).Level == RecordRank.Hearsay.Level)
                || !_items.TryGet(victim, out Item? dropped, out _))
            {
                return false;
            }

            _items.Remove(victim);
            _bytes -= dropped.Value.Length + victim.Packed.Length + ItemBytes;
        }

        _bytes += bytes;
        return true;
    }

    /// <summary>The hearsay that lasts longest; false where there is none but the subkey's own.</summary>
    private bool TryFindDispensable(DhtSubkey but, out DhtSubkey found, out double until)
    {
        if (_hearsay is null)
        {
            _hearsay = new PriorityQueue<DhtSubkey, double>();
            _hearsay.EnqueueRange(_items.Items.Where(item => IsHearsay(item.Value)).Select(item => (item.Key, -item.Expiration)));
        }

        while (_hearsay.TryPeek(out found, out double priority))
        {
            until = -priority;
            if (found != but && _items.TryGet(found, out Item? item, out double expiration) && expiration == until && IsHearsay(item))
            {
                return true;
            }

            _hearsay.Dequeue();
        }

        until = 0;
        return false;
    }

    private static bool IsHearsay(Item item) => (item.Rank ?? RecordRank.Hearsay).Level == RecordRank.Hearsay.Level;

    /// <summary>Whether more bytes may come; they are counted anew, at most once in a second, when they seem too many.</summary>
    private bool HasRoomFor(int bytes)
    {
        if (_bytes + bytes > MaxItemsBytes && _now() >= _countedAt + 1)
        {
            _countedAt = _now();
            _bytes = Bytes;
        }

        return _bytes + bytes <= MaxItemsBytes;
    }

    /// <summary>A number, float or integer, but NaN; null for anything else.</summary>
    private static double? ReadTime(object value) => value switch
    {
        double time when !double.IsNaN(time) => time,
        long time => time,
        _ => null,
    };

    private sealed class Item(ReadOnlyMemory<byte> value, RecordRank? rank)
    {
        public ReadOnlyMemory<byte> Value { get; } = value;

        /// <summary>Null until somebody has to know.</summary>
        public RecordRank? Rank { get; set; } = rank;
    }
}
