using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Tests.Threading;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Each_item_is_done_once_and_before_the_call_returns(int workers)
    {
        using var pool = new WorkerPool(workers, new SharingTable());
        var work = new Counting(workers);
        for (int i = 1; i <= 500; i++)
        {
            if (i % 100 == 0)
            {
                pool.Wake();
            }

            work.Deal(workers);
            pool.Run(work, workers);
            Assert.All(work.Done, done => Assert.Equal(i, done));
        }
    }

    [Fact]
    public void Where_everything_is_shared_every_worker_comes()
    {
        using var pool = new WorkerPool(4, null);
        var work = new Counting(4);
        for (int i = 1; i <= 50; i++)
        {
            SharedCall call = pool.Begin(WorkKind.Rows, 1);
            Assert.Equal(4, call.Workers);
            work.Deal(4);
            pool.Run(work, 4);
            pool.End(call);
            Assert.All(work.Runs, runs => Assert.Equal(i, runs));
        }
    }

    [Fact]
    public void A_parked_worker_is_neither_woken_nor_waited_for_by_small_works_and_woken_by_a_great_one()
    {
        using var pool = new WorkerPool(2, new SharingTable());
        using var never = new ManualResetEventSlim();
        var work = new Counting(2);
        while (pool.Parked < 1)
        {
            never.Wait(1);
        }

        for (int i = 0; i < 50; i++)
        {
            never.Wait(1); // so that small works are no long one together
            SharedCall small = pool.Begin(WorkKind.Rows, 1000);
            Assert.Equal(1, small.Workers);
            pool.End(small);
        }

        work.Deal(2);
        pool.Run(work, 2);
        Assert.Equal([1, 0], work.Runs);
        Assert.All(work.Done, done => Assert.Equal(1, done));

        while (work.Runs[1] == 0) // it may have parked again before it could come
        {
            SharedCall great = pool.Begin(WorkKind.Rows, long.MaxValue >> 16);
            Assert.Equal(2, great.Workers);
            work.Deal(2);
            pool.Run(work, 2);
            pool.End(great);
        }
    }

    [Fact]
    public async Task A_worker_that_is_inside_is_waited_for()
    {
        using var pool = new WorkerPool(2, null);
        using var holding = new Holding();
        Task run = Task.Run(() => pool.Run(holding, 2));
        holding.Entered.Wait();
        Assert.False(run.IsCompleted);
        holding.Leaves.Set();
        await run;
        Assert.True(holding.HasLeft);
    }

    [Fact]
    public void What_a_worker_throws_reaches_the_caller_and_the_pool_goes_on()
    {
        using var pool = new WorkerPool(3, null);
        for (int thrower = 0; thrower < 3; thrower++)
        {
            var failing = new Counting(3) { Thrower = thrower };
            Assert.Equal("thrown", Assert.Throws<InvalidOperationException>(() => pool.Run(failing, 3)).Message);
            var work = new Counting(3);
            work.Deal(3);
            pool.Run(work, 3);
            Assert.All(work.Done, done => Assert.Equal(1, done));
        }
    }

    [Fact]
    public void Work_that_is_not_shared_runs_on_the_calling_thread_alone()
    {
        using var pool = new WorkerPool(3, null);
        var work = new Counting(3);
        work.Deal(1);
        pool.Run(work, 1);
        Assert.Equal([1, 0, 0], work.Runs);
        Assert.All(work.Done, done => Assert.Equal(1, done));
    }

    private sealed class Counting(int workers) : ParallelWork
    {
        private readonly WorkRanges _ranges = new(workers);

        public int[] Runs { get; } = new int[workers];

        public int[] Done { get; } = new int[100];

        public int Thrower { get; init; } = -1;

        public void Deal(int sharers) => _ranges.Deal(Done.Length, 3, sharers);

        public override void Run(int worker)
        {
            Runs[worker]++;
            if (worker == Thrower)
            {
                throw new InvalidOperationException("thrown");
            }

            while (_ranges.TryTake(worker, out int first, out int end))
            {
                for (int i = first; i < end; i++)
                {
                    Done[i]++;
                }
            }
        }
    }

    // Worker 1 stays inside until it is let go.
    private sealed class Holding : ParallelWork, IDisposable
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Leaves { get; } = new();

        public bool HasLeft { get; private set; }

        public override void Run(int worker)
        {
            if (worker == 1)
            {
                Entered.Set();
                Leaves.Wait();
                HasLeft = true;
            }
        }

        public void Dispose()
        {
            Entered.Dispose();
            Leaves.Dispose();
        }
    }
}
