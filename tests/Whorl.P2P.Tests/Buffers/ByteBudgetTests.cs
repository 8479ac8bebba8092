using Whorl.P2P.Buffers;

namespace Whorl.P2P.Tests.Buffers;

public sealed class ByteBudgetTests
{
    private readonly ByteBudget _budget = new(10);

    [Fact]
    public async Task Whoever_wants_more_than_is_left_waits_and_nobody_overtakes()
    {
        await _budget.TakeAsync(8, default);
        Task large = _budget.TakeAsync(5, default).AsTask(), small = _budget.TakeAsync(1, default).AsTask();
        Assert.False(large.IsCompleted || small.IsCompleted);
        await _budget.TakeAsync(0, default); // nothing is always there
        _budget.Return(2);
        Assert.False(large.IsCompleted || small.IsCompleted);
        _budget.Return(6);
        await Task.WhenAll(large, small);
    }

    [Fact]
    public async Task Who_gives_up_leaves_its_place_to_the_next_and_holds_nothing()
    {
        using CancellationTokenSource cancel = new();
        await _budget.TakeAsync(8, default);
        Task large = _budget.TakeAsync(5, cancel.Token).AsTask(), small = _budget.TakeAsync(2, default).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        _budget.Return(10);
        await _budget.TakeAsync(10, default);
    }

    [Fact]
    public async Task More_than_there_is_can_never_be_taken() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await _budget.TakeAsync(11, default));
}
