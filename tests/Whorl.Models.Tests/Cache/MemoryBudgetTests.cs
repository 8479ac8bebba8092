namespace Whorl.Models.Tests;

public sealed class MemoryBudgetTests
{
    [Fact]
    public void What_is_refused_is_never_taken_however_much_it_is()
    {
        MemoryBudget budget = new(100);
        budget.Take(60);
        foreach (long size in (long[])[41, long.MaxValue, long.MaxValue - 60])
        {
            MemoryBudgetException e = Assert.Throws<MemoryBudgetException>(() => budget.Take(size));
            Assert.Equal((size, 40), (e.Wanted, e.Free));
        }

        budget.Take(40);
        Assert.Equal((100, 0), (budget.Taken, budget.Free));
        budget.Give(100);
        Assert.Equal(0, budget.Taken);
        Assert.Throws<ArgumentOutOfRangeException>(() => budget.Take(-1));
    }

    [Fact]
    public void Takers_at_the_same_time_get_what_there_is_and_no_more()
    {
        MemoryBudget budget = new(1000);
        int got = 0;
        Parallel.For(0, 4000, _ =>
        {
            try
            {
                budget.Take(1);
                Interlocked.Increment(ref got);
            }
            catch (MemoryBudgetException)
            {
                Assert.Equal(1000, budget.Taken);
            }
        });
        Assert.Equal((1000, 1000), (got, budget.Taken));
    }
}
