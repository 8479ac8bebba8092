using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Tests.Kademlia;

public sealed class BlacklistTests
{
    [Fact]
    public void A_ban_doubles_with_each_failure_until_a_success()
    {
        double now = 0;
        Blacklist<string> list = new(() => now, baseSeconds: 5, backoff: 2);

        foreach (double seconds in new[] { 5, 10, 20 })
        {
            list.RegisterFailure("a");
            list.RegisterFailure("a"); // while banned it counts no further
            now += seconds;
            Assert.True(list.Contains("a"));
            now += 0.001;
            Assert.False(list.Contains("a"));
        }

        list.RegisterFailure("a");
        list.RegisterSuccess("a");
        Assert.False(list.Contains("a"));
        list.RegisterFailure("a");
        now += 5.001;
        Assert.False(list.Contains("a"));
    }
}
