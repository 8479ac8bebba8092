using Whorl.P2P;

namespace Whorl.Swarm.Tests;

public class PingTableTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Pings_are_smoothed_begin_anew_after_silence_and_are_forgotten_after_five_minutes()
    {
        PingTable table = new();
        PeerId peer = new InMemoryNetwork().AddHost().Id;
        string name = peer.ToString();
        table.Add(peer, TimeSpan.FromSeconds(1), Start);
        table.Add(peer, TimeSpan.FromSeconds(2), Start);
        Assert.Equal(1.2, table.Current(Start)[name], 1e-12);
        table.Add(peer, null, Start);
        Assert.Equal(double.PositiveInfinity, table.Current(Start)[name]);
        table.Add(peer, TimeSpan.FromSeconds(3), Start);
        Assert.Equal(3, table.Current(Start)[name], 1e-12);
        Assert.Single(table.Current(Start.AddSeconds(299)));
        Assert.Empty(table.Current(Start.AddSeconds(300)));
    }
}
