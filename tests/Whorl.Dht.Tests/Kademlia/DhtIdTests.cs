using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Tests.Kademlia;

public sealed class DhtIdTests
{
    [Theory]
    [InlineData("bigscience/bloom-560m-petals.0", "104f0a5cd0b897d46330140743b6c2031fffe72c")]
    [InlineData("bloom-560m-petals.0", "ca10260960ae8a0303fcb5c7c18079f5223ae2a7")]
    [InlineData("TinyLLama-v0-hf.0", "2a2f046d087e910bbd045c9075759034f4d69351")]
    [InlineData("Meta-Llama-3-1-405B-Instruct-hf.125", "df63f0ade9349d74cba92c340ea907fd342b0c68")]
    [InlineData("_petals.models", "0a63ed21831f3f7d24f07949cea69a94476b4faf")]
    public void A_key_has_the_golden_id(string key, string id) => Assert.Equal(id, DhtId.OfKey(key).ToString());

    [Fact]
    public void Bytes_come_back_and_short_ones_are_low()
    {
        byte[] bytes = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];

        Assert.Equal(bytes, DhtId.FromBytes(bytes).ToBytes());
        Assert.Equal("00000000000000000000000000000073686f7274", DhtId.FromBytes("short"u8).ToString());
        Assert.Throws<WireFormatException>(() => DhtId.FromBytes(new byte[21]));
    }

    [Fact]
    public void The_distance_is_a_metric()
    {
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            (DhtId a, DhtId b, DhtId c) = (DhtId.Random(random), DhtId.Random(random), DhtId.Random(random));
            Assert.Equal(default, a.DistanceTo(a));
            Assert.NotEqual(default, a.DistanceTo(b));
            Assert.Equal(a.DistanceTo(b), b.DistanceTo(a));
            Assert.Equal(a.DistanceTo(c), a.DistanceTo(b).DistanceTo(b.DistanceTo(c)));
            Assert.Equal(b, a.DistanceTo(a.DistanceTo(b)));
            Assert.Equal(a.CompareTo(b), a.ToBytes().AsSpan().SequenceCompareTo(b.ToBytes()) < 0 ? -1 : 1);
        }
    }

    [Fact]
    public void Bits_and_common_prefixes_count_from_the_highest()
    {
        for (int depth = 0; depth < DhtId.Bits; depth++)
        {
            var bytes = new byte[DhtId.Bytes];
            bytes[depth / 8] = (byte)(0x80 >> (depth % 8));
            DhtId one = DhtId.FromBytes(bytes);

            Assert.Equal(depth, one.CommonPrefixLength(default));
            Assert.True(one.BitAt(depth));
            Assert.Equal(1, Enumerable.Range(0, DhtId.Bits).Count(one.BitAt));
        }

        Assert.Equal(DhtId.Bits, default(DhtId).CommonPrefixLength(default));
    }
}
