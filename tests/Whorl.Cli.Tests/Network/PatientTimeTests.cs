using Whorl.Testing;

namespace Whorl.Cli.Tests;

/// <summary>Deadlines of a client that does not get to run are put off, those of one that does are not.</summary>
public sealed class PatientTimeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _clock = new();
    private double _slowdown = 1;

    [Fact]
    public void A_deadline_passes_in_its_time_where_this_process_gets_to_run()
    {
        using CancellationTokenSource limit = new(Deadline, Patient());
        _clock.Advance(Deadline);
        Assert.True(limit.IsCancellationRequested);
    }

    [Fact]
    public void A_deadline_is_put_off_while_this_process_is_starved_and_passes_soon_after()
    {
        _slowdown = 64;
        using CancellationTokenSource limit = new(Deadline, Patient());
        _clock.Advance(Deadline * 3);
        Assert.False(limit.IsCancellationRequested);
        _slowdown = 1;
        _clock.Advance(Deadline);
        Assert.True(limit.IsCancellationRequested);
    }

    [Fact]
    public void No_deadline_is_put_off_for_ever()
    {
        _slowdown = 64;
        using CancellationTokenSource limit = new(Deadline, Patient());
        _clock.Advance(Deadline * PatientTime.MostDelays);
        Assert.False(limit.IsCancellationRequested);
        _clock.Advance(Deadline);
        Assert.True(limit.IsCancellationRequested);
    }

    [Fact]
    public void Short_times_and_rounds_are_kept_to_and_a_deadline_that_is_set_anew_counts_from_then()
    {
        _slowdown = 64;
        int rounds = 0;
        using CancellationTokenSource brief = new(TimeSpan.FromMilliseconds(500), Patient());
        using ITimer round = Patient().CreateTimer(_ => rounds++, null, Deadline, Deadline);
        using CancellationTokenSource limit = new(Deadline, Patient());
        _clock.Advance(Deadline * 2);
        Assert.True(brief.IsCancellationRequested);
        Assert.Equal(2, rounds);
        limit.CancelAfter(Deadline);
        _slowdown = 1;
        _clock.Advance(Deadline - TimeSpan.FromSeconds(1));
        Assert.False(limit.IsCancellationRequested);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limit.IsCancellationRequested);
    }

    [Fact]
    public void This_process_measures_itself() => Assert.True(PatientTime.SlowdownNow >= 1);

    private PatientTime Patient() => new(_clock, () => _slowdown);
}
