using Whorl.Client.Links;

namespace Whorl.Client.Tests.Links;

public sealed class StepTimesTests
{
    [Fact]
    public void Before_the_first_step_nothing_is_known() => Assert.Null(new StepTimes().Slow(1));

    [Fact]
    public void One_step_in_a_hundred_is_no_measure()
    {
        StepTimes times = new();
        for (int i = 0; i < 99; i++)
        {
            times.Add(1, Milliseconds(i % 10));
        }

        Assert.Equal(Milliseconds(9), times.Slow(1));
        times.Add(1, Milliseconds(5000));
        Assert.Equal(Milliseconds(9), times.Slow(1));
        times.Add(1, Milliseconds(5000));
        Assert.Equal(Milliseconds(5000), times.Slow(1));
    }

    [Fact]
    public void A_server_that_has_become_slower_or_faster_is_measured_by_its_last_steps()
    {
        StepTimes times = new();
        Array.ForEach([.. Enumerable.Repeat(1, 128), .. Enumerable.Repeat(30, 128), .. Enumerable.Repeat(2, 128)], (int ms) => times.Add(1, Milliseconds(ms)));
        Assert.Equal(Milliseconds(2), times.Slow(1));
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(4, 10 * 4)] // no step of that size: as often the nearest smaller one
    [InlineData(64, 500)]
    [InlineData(127, 500)]
    [InlineData(512, 500 * 8)]
    public void Steps_are_compared_with_those_of_their_size(int rows, int milliseconds)
    {
        StepTimes times = new();
        times.Add(1, Milliseconds(10));
        times.Add(100, Milliseconds(500));
        Assert.Equal(Milliseconds(milliseconds), times.Slow(rows));
    }

    [Fact]
    public void A_smaller_step_takes_no_longer_than_a_larger_one()
    {
        StepTimes times = new();
        times.Add(512, Milliseconds(800));
        Assert.Equal(Milliseconds(800), times.Slow(1));
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}
