using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Tests.Kademlia;

public sealed class TimedStorageTests
{
    private double _now = 100;

    [Fact]
    public void A_value_is_there_until_it_expires()
    {
        TimedStorage<string, int> storage = new(() => _now);

        Assert.True(storage.Store("a", 1, 110));
        Assert.False(storage.Store("b", 1, 99));
        Assert.False(storage.Store("b", 1, double.NaN));
        _now = 110;
        Assert.True(storage.TryGet("a", out int value, out double expiration));
        Assert.Equal((1, 110), (value, expiration));
        _now = 110.001;
        Assert.False(storage.Contains("a"));
        Assert.Equal(0, storage.Count);
    }

    [Fact]
    public void The_later_expiration_wins()
    {
        TimedStorage<string, int> storage = new(() => _now);
        storage.Store("a", 1, 110);

        Assert.False(storage.Store("a", 2, 110));
        Assert.False(storage.Store("a", 2, 105));
        Assert.True(storage.Store("a", 3, 120));
        _now = 115;
        Assert.True(storage.TryGet("a", out int value, out _));
        Assert.Equal(3, value);
    }

    [Fact]
    public void What_expires_last_makes_room()
    {
        TimedStorage<int, int> storage = new(() => _now, maxCount: 3);
        foreach (int expiration in new[] { 150, 120, 140, 130 })
        {
            storage.Store(expiration, 0, expiration);
        }

        Assert.Equal([120, 130, 140], storage.Items.Select(item => item.Key).Order());
        storage.Remove(140);
        Assert.Equal(2, storage.Count);
    }

    [Fact]
    public void A_value_renewed_for_ever_costs_no_more_than_one()
    {
        TimedStorage<string, byte[]> storage = new(() => _now);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++)
        {
            storage.Store("a", [], 1000 + i);
        }

        Assert.Equal(1, storage.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }
}
