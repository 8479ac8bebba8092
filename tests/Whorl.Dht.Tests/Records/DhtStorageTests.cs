using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.MsgPack;
using Whorl.Testing;

namespace Whorl.Dht.Tests.Records;

public sealed class DhtStorageTests
{
    private static readonly DhtId Key = DhtId.OfKey("key");
    private static readonly DhtSubkey A = DhtSubkey.OfText("A");
    private static readonly DhtSubkey B = DhtSubkey.OfText("B");

    private double _now = 2_000_000_000;

    [Fact]
    public void A_dictionary_has_the_golden_bytes()
    {
        DictionaryValue value = new(Key, () => _now);
        value.Store(A, new byte[] { 1, 2 }, 2_000_000_000.5);
        value.Store(B, Array.Empty<byte>(), 2_000_000_001.25);
        string hex = "c7325093cb7ff0000000000000cb41ddcd65005000009293a141c4020102cb41ddcd650020000093a142c400cb41ddcd6500500000";

        Assert.Equal(hex, Convert.ToHexStringLower(value.ToBytes()));
        Assert.Equal(hex, Convert.ToHexStringLower(DictionaryValue.Parse(Key, Convert.FromHexString(hex), () => _now).ToBytes()));
    }

    [Fact]
    public void A_subkey_has_the_golden_bytes()
    {
        DhtSubkey subkey = DhtSubkey.OfText("QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZLX");

        Assert.Equal(
            "d92e516d4e56354733687132556d41636b32687445677371726d504642666635676f465a41646d4b44635a4c425a4c58",
            Convert.ToHexStringLower(subkey.Packed.Span));
        Assert.Equal(subkey, DhtSubkey.Parse(subkey.Packed.Span));
        Assert.Throws<WireFormatException>(() => DhtSubkey.Parse(new byte[] { 0xc1 }));
    }

    [Fact]
    public void Values_of_a_dictionary_expire_one_by_one()
    {
        DhtStorage storage = new(() => _now);
        Assert.True(storage.Store(Key, A, new byte[] { 1 }, _now + 10));
        Assert.True(storage.Store(Key, B, new byte[] { 2 }, _now + 20));
        Assert.False(storage.Store(Key, A, new byte[] { 3 }, _now + 5));

        _now += 15;

        Assert.True(storage.TryGet(Key, out StoredValue value, out double expiration));
        Assert.Equal(2_000_000_020, expiration);
        Assert.Equal([B], value.Dictionary!.Items.Keys);
    }

    [Fact]
    public void A_dictionary_grows_no_longer_than_an_answer_can_carry()
    {
        DhtStorage storage = new(() => _now);
        int taken = 0;
        while (taken < DhtLimits.MaxSubkeys && storage.Store(Key, DhtSubkey.OfText($"writer {taken}"), new byte[1000], _now + 10))
        {
            taken++;
        }

        Assert.True(storage.TryGet(Key, out StoredValue value, out _));
        Assert.Equal(taken, value.Dictionary!.Items.Count);
        Assert.InRange(value.Dictionary.ToBytes().Length, DhtLimits.MaxValueBytes * 9 / 10, DhtLimits.MaxValueBytes);
        _now += 11; // all have expired: there is room again
        Assert.True(storage.Store(Key, A, new byte[1000], _now + 10));
    }

    [Fact]
    public void A_plain_value_neither_replaces_a_dictionary_nor_stands_in_its_way()
    {
        DhtStorage storage = new(() => _now);
        Assert.True(storage.Store(Key, new byte[] { 1 }, _now + 3000));
        Assert.True(storage.Store(Key, A, new byte[] { 2 }, _now + 11));
        Assert.False(storage.Store(Key, new byte[] { 3 }, _now + 3001));

        Assert.True(storage.TryGet(Key, out StoredValue value, out double expiration));
        Assert.Equal([A], value.Dictionary!.Items.Keys);
        Assert.Equal(_now + 11, expiration);
        _now += 12;
        Assert.True(storage.Store(Key, new byte[] { 3 }, _now + 10));
    }

    [Fact]
    public void A_full_storage_makes_room_for_what_lasts_shorter_and_for_nothing_else()
    {
        DhtStorage storage = new(() => _now, maxBytes: 1000);
        Assert.True(storage.Store(Key, new byte[600], _now + 100));
        Assert.False(storage.Store(DhtId.OfKey("longer"), new byte[600], _now + 200));
        Assert.True(storage.Store(DhtId.OfKey("shorter"), new byte[600], _now + 10));
        Assert.False(storage.TryGet(Key, out _, out _));
        _now += 11;
        Assert.True(storage.Store(DhtId.OfKey("longer"), new byte[600], _now + 100));
    }

    [Fact]
    public void Keys_that_last_long_do_not_drive_out_those_that_are_renewed()
    {
        DhtStorage storage = new(() => _now, maxKeys: 100);
        Assert.True(storage.Store(Key, A, new byte[] { 1 }, _now + 240));
        for (int i = 0; i < 1000; i++)
        {
            storage.Store(DhtId.OfKey($"attack {i}"), new byte[] { 1 }, _now + 3000 + i);
        }

        Assert.True(storage.TryGet(Key, out _, out _));
        Assert.Equal(100, storage.Count);
        Assert.True(storage.Store(DhtId.OfKey("another"), A, new byte[] { 1 }, _now + 240));
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    [InlineData(1e308)]
    [InlineData(-1)]
    [InlineData(double.NegativeInfinity)]
    public void An_expiration_that_is_no_time_is_refused_and_left_out_where_it_is_read(double expiration)
    {
        DhtStorage storage = new(() => _now);
        Assert.False(storage.Store(Key, new byte[] { 1 }, expiration));
        Assert.False(storage.Store(Key, A, new byte[] { 1 }, expiration));
        Assert.False(storage.TryGet(Key, out _, out _));

        byte[] bytes = MsgPackWriter.Write(new MsgPackExtension(MsgPackExtension.DictionaryValue, MsgPackWriter.Write(new List<object?>
        {
            double.PositiveInfinity, double.PositiveInfinity,
            new List<object?> { new List<object?> { "A", new byte[] { 1 }, double.IsNaN(expiration) ? 1e308 : expiration }, new List<object?> { "B", new byte[] { 2 }, _now + 5 } },
        })));
        DictionaryValue read = DictionaryValue.Parse(Key, bytes, () => _now);
        Assert.Equal([B], read.Items.Keys);
        Assert.Equal(_now + 5, read.LatestExpiration);
    }

    [Fact]
    public void A_record_lasts_an_hour_at_most()
    {
        DhtStorage storage = new(() => _now);
        Assert.True(storage.Store(Key, A, new byte[] { 1 }, _now + 1e6));
        Assert.True(storage.TryGet(Key, out StoredValue value, out double expiration));
        Assert.Equal(_now + 3600, expiration);
        Assert.Equal(_now + 3600, value.Dictionary!.Items[A].Expiration);
        _now += 3601;
        Assert.False(storage.TryGet(Key, out _, out _));
    }

    [Fact]
    public void A_full_dictionary_makes_room_for_a_server_that_speaks_for_itself()
    {
        DictionaryValue value = new(Key, () => _now);
        int names = 0;
        while (value.Store(DhtSubkey.OfText($"nobody {names}"), new byte[1000], _now + 3000 + names))
        {
            names++;
        }

        Assert.True(names > 100);
        Assert.False(value.Store(A, new byte[1000], _now + 4000 + names));
        Assert.True(value.Store(A, new byte[1000], _now + 3600, RecordRank.Direct));
        Assert.True(value.Store(B, new byte[1000], _now + 240));
        Assert.True(value.Items.ContainsKey(A) && value.Items.ContainsKey(B));
    }

    [Theory]
    [InlineData("c0")]
    [InlineData("d45090")]
    [InlineData("c70350930102 03")]
    [InlineData("c7045093010290")] // maxsize, latest, no items: valid
    [InlineData("c70550930102 91c0")]
    [InlineData("c70f5093cb7ff0000000000000cb7ff8000000000000 90")] // a latest expiration that is NaN
    public void Bytes_give_a_dictionary_or_a_wire_format_exception(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        bool valid = Fuzz.Accepts<WireFormatException>(() => DictionaryValue.Parse(Key, bytes, () => _now));

        Assert.Equal(hex.EndsWith("10290", StringComparison.Ordinal), valid);
    }

    [Fact]
    public void Any_bytes_give_a_dictionary_or_a_wire_format_exception()
    {
        DictionaryValue value = new(Key, () => _now);
        value.Store(A, new byte[] { 1, 2 }, _now + 1);
        value.Store(B, new byte[] { 3 }, _now + 2);
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(value.ToBytes(), 10_000, new Random(8)))
        {
            read += Fuzz.Accepts<WireFormatException>(() => DictionaryValue.Parse(Key, bytes, () => _now).ToBytes()) ? 1 : 0;
        }

        Assert.InRange(read, 1, 9_999);
    }
}
