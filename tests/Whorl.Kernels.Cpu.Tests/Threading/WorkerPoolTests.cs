using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Tests.Threading;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_worker_runs_each_work_once(int workers)
    {
        using var pool = new WorkerPool(workers);
        var work = new Counting(workers, pool);
        for (int i = 1; i <= 200; i++)
        {
            pool.Run(work);
            Assert.All(work.Runs, runs => Assert.Equal(i, runs));
        }
    }

    [Fact]
    public void A_barrier_lets_nobody_past_before_all_have_come()
    {
        using var pool = new WorkerPool(4);
        var work = new Counting(4, pool) { Barriers = 50 };
        pool.Run(work);
        Assert.True(work.AllWereThere);
    }

    [Fact]
    public void Parked_workers_wake_for_the_next_work()
    {
        using var pool = new WorkerPool(3);
        var work = new Counting(3, pool);
        using var never = new ManualResetEventSlim();
        for (int i = 1; i <= 3; i++)
        {
            pool.Run(work);
            never.Wait(20); // far longer than they spin
        }

        Assert.All(work.Runs, runs => Assert.Equal(3, runs));
    }

    [Fact]
    public void What_a_worker_throws_reaches_the_caller_and_the_pool_goes_on()
    {
        using var pool = new WorkerPool(3);
        for (int thrower = 0; thrower < 3; thrower++)
        {
            Assert.Equal("thrown", Assert.Throws<InvalidOperationException>(() => pool.Run(new Counting(3, pool) { Thrower = thrower, Barriers = 1 })).Message);
            pool.Run(new Counting(3, pool) { Barriers = 2 });
        }
    }

    [Fact]
    public void Work_too_small_to_share_runs_on_the_calling_thread_alone()
    {
        using var pool = new WorkerPool(3);
        var work = new Counting(3, pool);
        pool.Run(work, alone: true);
        Assert.Equal([1, 0, 0], work.Runs);
    }

    private sealed class Counting(int workers, WorkerPool pool) : ParallelWork
    {
        private int _came;

        public int[] Runs { get; } = new int[workers];

        public int Thrower { get; init; } = -1;

        public int Barriers { get; init; }

        public bool AllWereThere { get; private set; } = true;

        public override void Run(int worker, int workers)
        {
            Runs[worker]++;
            if (worker == Thrower)
            {
                throw new InvalidOperationException("thrown");
            }

            for (int i = 1; i <= Barriers; i++)
            {
                Interlocked.Increment(ref _came);
                pool.Barrier(workers);
                AllWereThere &= Volatile.Read(ref _came) >= i * workers;
                pool.Barrier(workers);
            }
        }
    }
}
