using Whorl.Server.Petals;
using Whorl.Swarm;

namespace Whorl.Server.Tests.Petals;

public class AnnouncementScheduleTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(120);

    [Fact]
    public void The_first_state_and_every_other_one_are_announced_at_once_and_the_same_after_a_period()
    {
        AnnouncementSchedule schedule = new(Period);
        Assert.Equal(TimeSpan.Zero, schedule.WaitFor(ServerState.Joining, Start));
        schedule.Announced(ServerState.Joining, Start);
        DateTimeOffset later = Start.AddSeconds(50);
        Assert.Equal(TimeSpan.FromSeconds(70), schedule.WaitFor(ServerState.Joining, later));
        Assert.Equal(TimeSpan.Zero, schedule.WaitFor(ServerState.Online, later));
        schedule.Announced(ServerState.Online, later);
        Assert.Equal(Period, schedule.WaitFor(ServerState.Online, later));
        Assert.Equal(TimeSpan.Zero, schedule.WaitFor(ServerState.Online, later + Period));
        Assert.Equal(TimeSpan.Zero, schedule.WaitFor(ServerState.Online, later + (3 * Period)));
    }

    [Theory]
    [InlineData(120, 240)]
    [InlineData(1, 3)]
    public void An_announcement_holds_for_two_periods_and_at_least_three_seconds(int period, int validity) => Assert.Equal(
        Start.ToUnixTimeSeconds() + validity, new AnnouncementSchedule(TimeSpan.FromSeconds(period)).NextExpiration(Start));

    [Fact]
    public void A_later_announcement_outlives_every_earlier_one_though_no_time_has_passed_or_the_clock_went_back()
    {
        AnnouncementSchedule schedule = new(Period);
        double first = schedule.NextExpiration(Start), second = schedule.NextExpiration(Start), third = schedule.NextExpiration(Start.AddHours(-1));

        Assert.InRange(second - first, 0.0005, 0.01);
        Assert.InRange(third - second, 0.0005, 0.01);
    }
}
