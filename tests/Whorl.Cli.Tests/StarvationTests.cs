namespace Whorl.Cli.Tests;

/// <summary>A process that does not get to run asks again instead of blaming its peers.</summary>
public sealed class StarvationTests
{
    private int _tries;

    [Fact]
    public async Task What_failed_while_this_process_hardly_ran_is_tried_again()
    {
        Assert.Equal(4, await Starvation.RetryAsync(() => FailAsync(3), e => e is TimeoutException, () => 64));
    }

    [Fact]
    public async Task What_failed_while_it_ran_has_failed()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Starvation.RetryAsync(() => FailAsync(3), e => e is TimeoutException, () => 2));
        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task Other_failures_are_no_silence_and_nothing_is_tried_for_ever()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Starvation.RetryAsync(() => FailAsync(3), e => e is IOException, () => 64));
        Assert.Equal(1, _tries);
        await Assert.ThrowsAsync<TimeoutException>(() => Starvation.RetryAsync(() => FailAsync(100), e => e is TimeoutException, () => 64));
        Assert.Equal(1 + Starvation.MostTries, _tries);
    }

    [Fact]
    public void No_process_works_faster_than_alone() => Assert.True(Starvation.Measure() >= 1);

    private async Task<int> FailAsync(int times)
    {
        await Task.Yield();
        return ++_tries > times ? _tries : throw new TimeoutException();
    }
}
