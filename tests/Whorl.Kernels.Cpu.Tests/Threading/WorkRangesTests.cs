using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Tests.Threading;

public sealed class WorkRangesTests
{
    [Theory]
    [InlineData(0, 1, 3)]
    [InlineData(1, 4, 3)]
    [InlineData(100, 1, 1)]
    [InlineData(101, 7, 4)]
    public void Each_item_is_taken_once_even_by_one_worker(int count, int chunk, int workers)
    {
        var ranges = new WorkRanges(workers);
        for (int taker = 0; taker < workers; taker++)
        {
            ranges.Deal(count, chunk, workers);
            var taken = new List<int>();
            while (ranges.TryTake(taker, out int first, out int end))
            {
                Assert.InRange(end - first, 1, chunk);
                taken.AddRange(Enumerable.Range(first, end - first));
            }

            Assert.Equal(Enumerable.Range(0, count), taken.Order());
        }
    }
}
