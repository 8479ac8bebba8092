using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <summary>How a <see cref="CpuBackend"/> computes.</summary>
public sealed record CpuBackendOptions
{
    /// <summary>The most threads.</summary>
    public const int MaxThreads = 1024;

    /// <summary>
    /// The most threads that share an operation, the calling one among them; 1 starts no thread. How many come is told by the clock: an
    /// operation that has not gained from more is done by one. Results do not depend on it.
    /// </summary>
    /// <value>Default: the cores this process may use.</value>
    public int Threads { get; init; } = ProcessorCores.Count;

    /// <summary>In what form activations meet quantised weights; results do depend on it.</summary>
    /// <value>Default <see cref="ActivationFormat.Q8"/>.</value>
    public ActivationFormat Activations { get; init; } = ActivationFormat.Q8;

    /// <summary>
    /// The most bytes of a checkpoint that each thread reads at once while weights are packed; the rows of one panel, 32, are read even if
    /// they are more. What is packed does not depend on it.
    /// </summary>
    /// <value>Default 2 MiB: it stays in the cache of a core.</value>
    public int StagingBytes { get; init; } = 2 << 20;

    /// <summary>
    /// Bytes of all pages of keys and values beyond which those that sessions have given back go to the system before more are taken from
    /// it. What sessions take themselves is not bounded by it.
    /// </summary>
    /// <value>Default: none.</value>
    public long PageBytes { get; init; } = long.MaxValue;

    /// <summary>Bytes of pages of keys and values that are kept for the next session when one gives them back.</summary>
    /// <value>Default 64 MiB.</value>
    public long FreePageBytes { get; init; } = 64 << 20;

    /// <summary>Whether every operation is shared by all threads, however small; for tests, which then see them all at work.</summary>
    internal bool SharesEverything { get; init; }
}
