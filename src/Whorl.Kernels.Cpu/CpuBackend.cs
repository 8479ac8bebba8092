using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Memory;
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
    /// <exception cref="ArgumentOutOfRangeException">Less than one thread, or more than 1024.</exception>
    public CpuBackend(CpuBackendOptions? options = null)
    {
        options ??= new CpuBackendOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Threads, 1024, nameof(options));
        Activations = options.Activations;
        Workers = new WorkerPool(options.Threads);
    }

    /// <inheritdoc/>
    public string Name => $"cpu {InstructionSet}, {Workers.Count} thread{(Workers.Count == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public ActivationFormat Activations { get; }

    /// <summary>The threads; operations hand them their work.</summary>
    internal WorkerPool Workers { get; }

    private static string InstructionSet =>
        Vector512.IsHardwareAccelerated ? "512-bit" : Vector256.IsHardwareAccelerated ? "256-bit" : Vector128.IsHardwareAccelerated ? "128-bit" : "scalar";

    /// <inheritdoc/>
    public Tensor Rent(int rows, int columns) => _workspace.Rent(rows, columns);

    /// <inheritdoc/>
    public long Mark() => _workspace.Mark();

    /// <inheritdoc/>
    public void Release(long mark) => _workspace.Release(mark);

    /// <summary>Ends the threads and frees the workspace; every tensor rented is dead.</summary>
    public void Dispose()
    {
        Workers.Dispose();
        DisposeRotations();
        _workspace.Dispose();
    }
}
