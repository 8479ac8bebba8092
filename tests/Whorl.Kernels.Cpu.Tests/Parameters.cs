using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

internal static unsafe class Parameters
{
    /// <summary>A parameter that no backend made: any may read it.</summary>
    public static Parameter Of(float[] values, int rows = 1)
    {
        NativeBuffer memory = new(4L * values.Length);
        values.CopyTo(new Span<float>(memory.Pointer, values.Length));
        return new Parameter(new Tensor((float*)memory.Pointer, rows, values.Length / rows), memory);
    }
}
