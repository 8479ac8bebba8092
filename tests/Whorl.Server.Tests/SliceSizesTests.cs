using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>How long the passes of a long step are, on a machine where a row takes a known time.</summary>
public sealed class SliceSizesTests
{
    private const int Blocks = 8;
    private static readonly TimeSpan Decode = TimeSpan.FromMilliseconds(4), Row = TimeSpan.FromMilliseconds(1), Fixed = TimeSpan.FromMilliseconds(0.5);

    private readonly ManualTimeProvider _clock = new();
    private readonly SliceSizes _sizes;

    public SliceSizesTests() => _sizes = new SliceSizes(_clock, 1 << 20);

    [Fact]
    public void While_nobody_decodes_a_pass_takes_a_fifth_of_a_second()
    {
        Assert.Equal(128, Compute(isDecoding: false)); // it is not known how long a row takes
        for (int i = 0; i < 10; i++)
        {
            Compute(isDecoding: false);
        }

        Assert.InRange(Compute(isDecoding: false), 190, 210);
    }

    [Fact]
    public void Who_decodes_never_waits_for_a_block_that_takes_longer_than_a_step_of_its_own()
    {
        for (int i = 0; i < 10; i++)
        {
            Compute(isDecoding: false);
        }

        Assert.False(_sizes.IsDecoding);
        int rows = 0;
        for (int i = 0; i < 100; i++)
        {
            _clock.Advance(Decode);
            _sizes.CountDecode(Decode);
            Assert.True(_sizes.IsDecoding);
            rows = Compute(isDecoding: true);
            Assert.InRange(Took(rows) / Blocks, TimeSpan.Zero, Decode); // from the first one on
        }

        Assert.InRange(Took(rows) / Blocks, Decode * 0.4, Decode * 0.6);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_sizes.IsDecoding);
        Assert.InRange(Compute(isDecoding: false), 190, 210); // what short slices have cost is no measure of long ones
    }

    [Fact]
    public void A_pass_that_took_long_once_does_not_make_the_next_ones_short()
    {
        for (int i = 0; i < 10; i++)
        {
            Compute(isDecoding: false);
        }

        _sizes.Count(200, isDecoding: false, TimeSpan.FromSeconds(20), 0); // somebody else had the processor
        Assert.InRange(Compute(isDecoding: false), 170, 210);
    }

    [Fact]
    public void A_pass_has_no_more_rows_than_its_results_find_memory_for()
    {
        Assert.Equal(SliceSizes.MostRows, _sizes.Limit);
        _sizes.Count(100, isDecoding: false, Row, 100 * (16 << 10));
        Assert.Equal((64, 64), (_sizes.Limit, _sizes.Next(isDecoding: false, Blocks)));
        _sizes.Count(100, isDecoding: false, Row, 100 << 20);
        Assert.Equal(StepScheduler.DecodeRows, _sizes.Limit); // a step of few rows is computed whatever it takes
    }

    private static TimeSpan Took(int rows) => Fixed + (rows * Row);

    private int Compute(bool isDecoding)
    {
        int rows = _sizes.Next(isDecoding, Blocks);
        _clock.Advance(Took(rows));
        _sizes.Count(rows, isDecoding, Took(rows), 0);
        return rows;
    }
}
