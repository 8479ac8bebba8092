namespace Whorl.Kernels.Cpu.Threading;

/// <summary>An operation that the workers share. One object is kept per operation and refilled for each call, so that a call allocates nothing.</summary>
internal abstract class ParallelWork
{
    /// <summary>Does one worker's share; runs once on each worker at the same time.</summary>
    /// <param name="worker">0 (the calling thread) to workers - 1.</param>
    /// <param name="workers">How many share the work.</param>
    public abstract void Run(int worker, int workers);

    /// <summary>The start of a worker's share of <paramref name="count"/> items; the share ends where the next worker's starts.</summary>
    protected static int Share(int count, int worker, int workers) => (int)((long)count * worker / workers);
}
