using System.Numerics;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>What follows a product: y = acc, + bias, + residual, each a float32 addition in this order.</summary>
internal static unsafe class Epilogue
{
    /// <summary>Writes a run of outputs of one row.</summary>
    /// <param name="acc">The products.</param>
    /// <param name="bias">Or null.</param>
    /// <param name="residual">Or null; may be y itself.</param>
    /// <param name="y">Receives the outputs.</param>
    /// <param name="count">How many.</param>
    public static void Write(float* acc, float* bias, float* residual, float* y, int count)
    {
        if (bias is null && residual is null)
        {
            new ReadOnlySpan<float>(acc, count).CopyTo(new Span<float>(y, count));
            return;
        }

        int i = 0;
        for (; Vector.IsHardwareAccelerated && i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(acc + i);
            value = bias is null ? value : value + Vector.Load(bias + i);
            value = residual is null ? value : Vector.Load(residual + i) + value;
            value.Store(y + i);
        }

        for (; i < count; i++)
        {
            float value = bias is null ? acc[i] : acc[i] + bias[i];
            y[i] = residual is null ? value : residual[i] + value;
        }
    }
}
