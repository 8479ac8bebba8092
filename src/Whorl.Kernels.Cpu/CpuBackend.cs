using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <summary>The operations on the processor, in vectors and on threads of its own.</summary>
/// <remarks>
/// Results are the same bits for every number of threads and on every instruction set (512, 256 and 128 bits wide, and scalar), and a call allocates nothing
/// on the managed heap once its workspace has grown. Tensors must come from <see cref="Rent"/> of this backend or outlive the call.
/// </remarks>
public sealed partial class CpuBackend : IBackend
{
    private readonly Workspace _workspace = new();

    /// <summary>Starts the threads.</summary>
    /// <param name="options">Threads and activation format; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// Less than one thread or more than <see cref="CpuBackendOptions.MaxThreads"/>, or less than no memory for staging.
    /// </exception>
    public CpuBackend(CpuBackendOptions? options = null)
        : this(options ?? new CpuBackendOptions(), InstructionSets.Best)
    {
    }

    /// <summary>Runs a form of the kernels that need not be the widest; for tests and measurements.</summary>
    internal CpuBackend(CpuBackendOptions options, InstructionSet set)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Threads, CpuBackendOptions.MaxThreads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.StagingBytes, nameof(options));
        Activations = options.Activations;
        _stagingBytes = options.StagingBytes;
        InstructionSet = set;
        Workers = new WorkerPool(options.Threads, options.SharesEverything ? null : new SharingTable());
        _linear = new LinearWork(Workers, Activations, set);
    }

    /// <inheritdoc/>
    public string Name => $"CPU, {InstructionSet}, {Workers.Count} thread{(Workers.Count == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public ActivationFormat Activations { get; }

    /// <summary>The threads; operations hand them their work.</summary>
    internal WorkerPool Workers { get; }

    /// <summary>Which form of the kernels runs.</summary>
    internal InstructionSet InstructionSet { get; }

    /// <inheritdoc/>
    public Tensor Rent(int rows, int columns) => _workspace.Rent(rows, columns);

    /// <inheritdoc/>
    public long Mark() => _workspace.Mark();

    /// <inheritdoc/>
    public void Release(long mark) => _workspace.Release(mark);

    /// <summary>Ends the threads and frees the workspace, once whoever locks the backend to compute has done; every tensor rented is dead.</summary>
    public void Dispose()
    {
        lock (this)
        {
            Workers.Dispose();
            _rotations.Dispose();
            _linear.Dispose();
            _workspace.Dispose();
        }
    }
}
