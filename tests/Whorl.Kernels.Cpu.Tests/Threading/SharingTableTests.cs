using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Tests.Threading;

public sealed class SharingTableTests
{
    private readonly SharingTable _table = new();

    [Theory]
    [InlineData(10, 6, true)]
    [InlineData(10, 15, false)]
    public void The_quicker_way_is_kept_and_the_other_tried_seldom(int alone, int shared, bool expected)
    {
        Play(100, alone, shared);
        int kept = Play(20_000, alone, shared);
        Assert.InRange(expected ? kept : 20_000 - kept, 19_500, 19_999);
    }

    [Fact]
    public void When_sharing_becomes_slow_it_is_left_at_once_and_taken_up_again_when_it_has_become_quick()
    {
        Play(5000, 10, 6);
        Assert.InRange(Play(5000, 10, 3000), 0, 50);
        Play(2100, 10, 6);
        Assert.InRange(Play(2000, 10, 6), 1900, 2000);
    }

    [Fact]
    public void Kinds_and_sizes_are_told_apart()
    {
        Play(100, 10, 6);
        Play(100, 10, 15, WorkKind.Attention);
        Play(100, 10, 15, cost: 10_000);
        Assert.InRange(Play(50, 10, 6), 45, 50);
        Assert.InRange(Play(50, 10, 15, WorkKind.Attention), 0, 5);
        Assert.InRange(Play(50, 10, 15, cost: 10_000), 0, 5);
    }

    [Fact]
    public void One_hiccup_of_a_first_call_decides_nothing()
    {
        _table.Tell(WorkKind.Vectors, 1000, _table.Asks(WorkKind.Vectors, 1000), 1_000_000);
        Play(100, 10, 6);
        Assert.InRange(Play(100, 10, 6), 90, 100);
    }

    [Fact]
    public void A_great_work_is_always_shared()
    {
        Assert.Equal(100, Play(100, 10, 15, cost: SharingTable.AlwaysWorthIt));
    }

    // Returns how many were shared.
    private int Play(int works, int alone, int shared, WorkKind kind = WorkKind.Vectors, long cost = 1000)
    {
        int count = 0;
        for (int i = 0; i < works; i++)
        {
            bool isShared = _table.Asks(kind, cost);
            count += isShared ? 1 : 0;
            _table.Tell(kind, cost, isShared, isShared ? shared : alone);
        }

        return count;
    }
}
