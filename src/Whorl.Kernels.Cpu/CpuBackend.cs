using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <summary>The operations on the processor, in vectors and on threads of its own.</summary>
/// <remarks>
/// Results are the same bits for every number of threads and on every instruction set (512, 256 and 128 bits wide, and scalar), and a
/// call allocates nothing on the managed heap once its workspace has grown. Tensors must come from <see cref="Rent"/> of this backend or
/// outlive the call.
/// </remarks>
public sealed unsafe partial class CpuBackend : IBackend
{
    private readonly Workspace _workspace = new();
    private readonly PagePool _pages;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">Threads and activation format; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// Less than one thread or more than <see cref="CpuBackendOptions.MaxThreads"/>, or less than no memory for staging or pages.
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
        ArgumentOutOfRangeException.ThrowIfNegative(options.PageBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.FreePageBytes, nameof(options));
        Activations = options.Activations;
        _stagingBytes = options.StagingBytes;
        _pages = new PagePool(options.PageBytes, options.FreePageBytes);
        InstructionSet = set;
        Workers = new WorkerPool(options.Threads, options.SharesEverything ? null : new SharingTable());
        _linear = new LinearWork(Workers, Activations, set);
    }

    /// <inheritdoc/>
    public string Name => $"CPU, {InstructionSet}, {Workers.Count} thread{(Workers.Count == 1 ? "" : "s")}";

    /// <inheritdoc/>
    public string KernelClass => "cpu-1";

    /// <inheritdoc/>
    public ActivationFormat Activations { get; }

    /// <inheritdoc/>
    public BackendMemory Memory => new(_workspace.Bytes, _workspace.LastUsed, _pages.TakenBytes, _pages.FreeBytes);

    /// <inheritdoc/>
    public void TrimMemory() => _pages.Trim();

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

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<float> values, Tensor into)
    {
        CheckCount("upload", into, values.Length);
        values.CopyTo(into.Span);
    }

    /// <inheritdoc/>
    public void Download(Tensor tensor, Span<float> values)
    {
        CheckCount("download", tensor, values.Length);
        tensor.Span.CopyTo(values);
    }

    /// <inheritdoc/>
    public void Copy(Tensor from, Tensor into)
    {
        CheckShape("copy", into, from.Rows, from.Columns);
        from.Span.CopyTo(into.Span);
    }

    /// <inheritdoc/>
    public Tensor Zeros(int rows, int columns)
    {
        Tensor y = Rent(rows, columns);
        y.Span.Clear();
        return y;
    }

    /// <inheritdoc/>
    public Parameter CreateParameter(ReadOnlySpan<float> values, int rows = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        if (values.Length % rows != 0)
        {
            throw new ShapeMismatchException("parameter", $"a multiple of {rows} values", $"{values.Length}");
        }

        NativeBuffer memory = new(4L * values.Length);
        Tensor value = new((float*)memory.Pointer, rows, values.Length / rows);
        values.CopyTo(value.Span);
        return new Parameter(value, memory);
    }

    /// <summary>
    /// Ends the threads and frees the workspace, once whoever locks the backend to compute has done; every tensor rented is dead.
    /// </summary>
    public void Dispose()
    {
        lock (this)
        {
            Workers.Dispose();
            _rotations.Dispose();
            _linear.Dispose();
            _workspace.Dispose();
            _pages.Dispose();
        }
    }

    private static void CheckCount(string operation, Tensor tensor, int values)
    {
        if (tensor.Length != values)
        {
            throw new ShapeMismatchException(operation, $"[{tensor.Rows}, {tensor.Columns}]", $"{values} values");
        }
    }
}
