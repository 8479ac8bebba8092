using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm.Tests.Routes;
using Whorl.Testing;

namespace Whorl.Swarm.Tests;

public class PeerBansTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly PeerId _peer = new Servers(1).Id(0);

    [Fact]
    public void A_ban_doubles_with_every_failure_after_it_and_at_last_stays_about_an_hour()
    {
        PeerBans bans = new(_clock);
        Assert.False(bans.Contains(_peer));
        foreach (int seconds in (int[])[15, 30, 60, 120, 240, 480, 960, 1920, 3840, 3840, 3840])
        {
            bans.Add(_peer);
            _clock.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.True(bans.Contains(_peer));
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.False(bans.Contains(_peer));
        }
    }

    [Fact]
    public void Success_lifts_a_ban_and_forgets_earlier_failures_and_failing_while_banned_lengthens_nothing()
    {
        PeerBans bans = new(_clock);
        bans.Add(_peer);
        bans.Add(_peer);
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.False(bans.Contains(_peer));
        bans.Add(_peer);
        bans.Lift(_peer);
        Assert.False(bans.Contains(_peer));
        bans.Add(_peer);
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.False(bans.Contains(_peer));
    }

    [Theory]
    [InlineData("", "blocks 0..5")]
    [InlineData("0..5", "")]
    [InlineData("0..1 3..3", "blocks 2, 4..5")]
    [InlineData("1..9", "block 0")]
    [InlineData("3..5 0..2", "")]
    [InlineData("0..4 1..2", "block 5")]
    [InlineData("7..9", "blocks 0..5")]
    public void Blocks_that_nobody_holds_are_named(string held, string missing)
    {
        BlockRange[] ranges = [.. held.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(BlockRange.Parse)];
        IReadOnlyList<BlockRange> found = MissingBlocks.Of(ranges, new BlockRange(0, 5));
        Assert.Equal(missing, found.Count == 0 ? "" : MissingBlocks.Name(found));
    }
}
