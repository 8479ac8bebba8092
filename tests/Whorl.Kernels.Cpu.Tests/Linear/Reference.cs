using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>The definition of a product, applied to the checkpoint's own bytes.</summary>
internal static unsafe class Reference
{
    /// <summary><c>[rows of x, rows of w]</c>.</summary>
    public static float[] Linear(ElementType type, byte[] data, int rows, int columns, Tensor x, ActivationFormat activations)
    {
        float[] y = new float[x.Rows * rows];
        BlockGroups? quantised = BlockGroups.Of(type), form = activations == ActivationFormat.Q8 ? quantised : null;
        var blocks = new ActivationBlock[x.Rows][];
        for (int r = 0; form is not null && r < x.Rows; r++)
        {
            blocks[r] = Quantise(x.Row(r));
        }

        for (int o = 0; o < rows; o++)
        {
            float[] values = form is null ? Weights.Decode(type, data, o, columns) : [];
            (sbyte[] codes, float[] scales, float[] minimums) = form is null ? ([], [], []) : Groups(type, form, data, o, columns);
            for (int r = 0; r < x.Rows; r++)
            {
                y[(r * rows) + o] = form is not null ? LinearDefinition.Dot(blocks[r], codes, scales, minimums)
                    : quantised is not null ? LinearDefinition.DotInRuns(x.Row(r), values)
                    : LinearDefinition.Dot(x.Row(r), values);
            }
        }

        return y;
    }

    /// <summary>A row of activations by the scalar definition.</summary>
    public static ActivationBlock[] Quantise(ReadOnlySpan<float> x)
    {
        var blocks = new ActivationBlock[x.Length / ActivationBlock.Size];
        fixed (float* from = x)
        fixed (ActivationBlock* to = blocks)
        {
            ActivationQuantiser.Scalar(from, to, blocks.Length);
        }

        return blocks;
    }

    private static (sbyte[] Codes, float[] Scales, float[] Minimums) Groups(ElementType type, BlockGroups form, byte[] data, int row, int columns)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        int blocks = columns / info.BlockSize, groups = info.BlockSize / form.Size;
        sbyte[] codes = new sbyte[columns];
        float[] scales = new float[columns / form.Size], minimums = new float[form.HasMinimum ? scales.Length : 0];
        for (int b = 0; b < blocks; b++)
        {
            form.Decode(
                data.AsSpan(((row * blocks) + b) * info.BlockBytes, info.BlockBytes),
                codes.AsSpan(b * info.BlockSize, info.BlockSize),
                scales.AsSpan(b * groups, groups),
                form.HasMinimum ? minimums.AsSpan(b * groups, groups) : default);
        }

        return (codes, scales, minimums);
    }
}
