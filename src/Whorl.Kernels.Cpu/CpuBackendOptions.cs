using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <summary>How a <see cref="CpuBackend"/> computes.</summary>
public sealed record CpuBackendOptions
{
    /// <summary>The most threads.</summary>
    public const int MaxThreads = 1024;

    /// <summary>Threads that share each operation, the calling one among them; 1 starts no thread. Results do not depend on it.</summary>
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
}
