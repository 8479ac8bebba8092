namespace Whorl.Kernels.Cpu.Threading;

/// <summary>
/// Items that the workers take, whoever comes. One object is kept per operation and refilled for each call, so that a call allocates
/// nothing.
/// </summary>
internal abstract class ParallelWork
{
    /// <summary>
    /// Takes items until none is left; runs at the same time on every worker that has come, and must be whole if only one does.
    /// </summary>
    /// <param name="worker">0 (the calling thread) to the pool's count - 1; no two run with the same number.</param>
    public abstract void Run(int worker);
}
