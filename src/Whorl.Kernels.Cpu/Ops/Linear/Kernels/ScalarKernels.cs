using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>The definition applied to panels, one row of weights after another; runs where there are no vectors.</summary>
internal static unsafe class ScalarKernels
{
    /// <summary>Any layout, any number of rows.</summary>
    public static void Run(PanelLayout layout, int rows, in KernelCall call)
    {
        for (int p = 0; p < call.Panels; p++)
        {
            byte* panel = call.Weights + (p * call.PanelBytes);
            for (int lane = 0; lane < PanelLayout.Lanes; lane++)
            {
                float* y = call.Out + (p * PanelLayout.Lanes) + lane;
                if (layout is QuantisedPanels quantised)
                {
                    Quantised(quantised, panel, lane, rows, call, y);
                }
                else
                {
                    Float(layout, panel, lane, rows, call, y);
                }
            }
        }
    }

    [SkipLocalsInit]
    private static void Quantised(QuantisedPanels layout, byte* panel, int lane, int rows, in KernelCall call, float* y)
    {
        int size = layout.GroupSize;
        Span<sbyte> codes = stackalloc sbyte[size];
        for (int r = 0; r < rows; r++)
        {
            y[r * call.OutStride] = 0;
        }

        for (int group = 0; group * size < call.Steps * ActivationBlock.Size; group++)
        {
            layout.ReadGroup(panel, lane, group, codes, out float scale, out float minimum);
            for (int r = 0; r < rows; r++)
            {
                var block = (ActivationBlock*)(call.X + (r * call.RowBytes)) + (group * size / ActivationBlock.Size);
                int product = 0, sum = 0;
                for (int k = 0; k < size; k++)
                {
                    int q = block->Codes[(group * size % ActivationBlock.Size) + k];
                    product += codes[k] * q;
                    sum += q;
                }

                float acc = MathF.FusedMultiplyAdd(product, scale * block->Scale, y[r * call.OutStride]);
                y[r * call.OutStride] = layout.HasMinimum ? MathF.FusedMultiplyAdd(minimum, block->Scale * sum, acc) : acc;
            }
        }
    }

    [SkipLocalsInit]
    private static void Float(PanelLayout layout, byte* panel, int lane, int rows, in KernelCall call, float* y)
    {
        const int AtOnce = 64;
        Span<float> w = stackalloc float[AtOnce];
        int columns = 2 * call.Steps;
        for (int k = 0; k < columns; k += AtOnce)
        {
            int count = Math.Min(AtOnce, columns - k);
            layout.Expand(panel + layout.PanelBytes(k), lane, w[..count]);
            for (int r = 0; r < rows; r++)
            {
                var x = (float*)(call.X + (r * call.RowBytes)) + k;
                float acc = k == 0 ? 0 : y[r * call.OutStride];
                for (int i = 0; i < count; i++)
                {
                    acc = MathF.FusedMultiplyAdd(x[i], w[i], acc);
                }

                y[r * call.OutStride] = acc;
            }
        }
    }
}
