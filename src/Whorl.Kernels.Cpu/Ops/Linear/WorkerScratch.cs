using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Memory that one worker reuses from call to call.</summary>
internal sealed unsafe class WorkerScratch : IDisposable
{
    private NativeBuffer? _outputs;
    private NativeBuffer? _expanded;

    /// <summary>At least that many floats for outputs.</summary>
    public float* Outputs(long count) => Grow(ref _outputs, count);

    /// <summary>At least that many floats for expanded weights.</summary>
    public float* Expanded(long count) => Grow(ref _expanded, count);

    public void Dispose()
    {
        _outputs?.Dispose();
        _expanded?.Dispose();
    }

    private static float* Grow(ref NativeBuffer? buffer, long count)
    {
        if (buffer is null || buffer.Bytes < 4 * count)
        {
            buffer?.Dispose();
            buffer = new NativeBuffer(8 * count);
        }

        return (float*)buffer.Pointer;
    }
}
