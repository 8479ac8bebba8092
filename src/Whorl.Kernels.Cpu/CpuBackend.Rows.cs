using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Operations on whole rows: norms, softmax, rounding and sums.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public Tensor RmsNorm(Tensor x, Parameter? weight, float epsilon, int group = 0)
    {
        int size = GroupSize("rms_norm", x, group);
        CheckGain("rms_norm", weight, size, x.Columns);
        Tensor y = Rent(x.Rows, x.Columns);
        var kernel = new RmsNormKernel(x.Data, Data(weight), weight?.Length ?? 0, epsilon, y.Data, size);
        Share(kernel, size == 0 ? 0 : x.Length / size, x.Length);
        return y;
    }

    /// <inheritdoc/>
    public Tensor LayerNorm(Tensor x, Parameter? weight, Parameter? bias, float epsilon, int group = 0)
    {
        int size = GroupSize("layer_norm", x, group);
        CheckGain("layer_norm", weight, size, x.Columns);
        CheckGain("layer_norm", bias, size, x.Columns);
        if (weight is not null && bias is not null && weight.Length != bias.Length)
        {
            throw new ShapeMismatchException("layer_norm", $"a bias of {weight.Length}", $"{bias.Length}");
        }

        Tensor y = Rent(x.Rows, x.Columns);
        var kernel = new LayerNormKernel(x.Data, Data(weight), Data(bias), weight?.Length ?? bias?.Length ?? 0, epsilon, y.Data, size);
        Share(kernel, size == 0 ? 0 : x.Length / size, x.Length);
        return y;
    }

    /// <inheritdoc/>
    public Tensor Softmax(Tensor x)
    {
        Tensor y = Rent(x.Rows, x.Columns);
        Share(new SoftmaxKernel(x.Data, y.Data, x.Columns), x.Columns == 0 ? 0 : x.Rows, x.Length);
        return y;
    }

    /// <inheritdoc/>
    public Tensor RoundToInt8(Tensor a)
    {
        Tensor y = Rent(a.Rows, a.Columns);
        Share(new RoundToInt8Kernel(a.Data, y.Data, a.Columns), a.Rows, a.Length);
        return y;
    }

    /// <inheritdoc/>
    public Tensor CombineRows(Tensor x, Tensor weights)
    {
        if (x.Rows != (long)weights.Rows * weights.Columns)
        {
            throw new ShapeMismatchException("combine_rows", $"{weights.Rows} · {weights.Columns} rows", $"{x.Rows}");
        }

        Tensor y = Rent(weights.Rows, x.Columns);
        Share(new CombineRowsKernel(x.Data, weights.Data, weights.Columns, y.Data, x.Columns), y.Rows, x.Length);
        return y;
    }

    private static float* Data(Parameter? parameter) => parameter is null ? null : parameter.Value.Data;

    private static int GroupSize(string operation, Tensor x, int group) =>
        group == 0 ? x.Columns
        : group > 0 && x.Columns % group == 0 ? group
        : throw new ShapeMismatchException(operation, $"a group that divides {x.Columns} columns", $"{group}");

    private static void CheckGain(string operation, Parameter? gain, int size, int columns)
    {
        if (gain is not null && gain.Length != size && gain.Length != columns)
        {
            throw new ShapeMismatchException(operation, $"a gain or bias of {size} or {columns}", $"{gain.Length}");
        }
    }

    private static void CheckLength(string operation, Parameter? parameter, int length)
    {
        if (parameter is not null && parameter.Length != length)
        {
            throw new ShapeMismatchException(operation, $"{length} values", $"{parameter.Length}");
        }
    }

    private static void CheckShape(string operation, Tensor tensor, int rows, int columns)
    {
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw new ShapeMismatchException(operation, $"[{rows}, {columns}]", $"[{tensor.Rows}, {tensor.Columns}]");
        }
    }
}
