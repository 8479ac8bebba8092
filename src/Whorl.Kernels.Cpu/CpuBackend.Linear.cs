using Whorl.Kernels.Cpu.Memory;
using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Weights, embeddings and matrix products.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly LinearWork _linear;
    private readonly int _stagingBytes;

    /// <inheritdoc/>
    /// <remarks>
    /// Types that have no kernel of their own are kept as float32; that goes for F64, the 8-bit floats, ternary types and NVFP4.
    /// </remarks>
    public Matrix Pack(in PackRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.Rows, nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.Columns, nameof(request));
        ElementTypeInfo info = ElementTypes.Info(request.Type);
        PanelLayout layout = PanelLayouts.Preferred(request.Type) ?? throw new NotSupportedException(
            $"the CPU backend has no kernel for weights of type {info.Name}; convert them to BF16, Q8_0 or Q4_K");
        if (request.Columns % info.BlockSize != 0)
        {
            throw new ShapeMismatchException("pack", $"columns in {info.Name} blocks of {info.BlockSize}", $"{request.Columns}");
        }

        return TryPack(request, layout) ?? TryPack(request, PanelLayouts.General(request.Type)!)!;
    }

    /// <inheritdoc/>
    public Tensor Gather(Matrix table, ReadOnlySpan<int> ids)
    {
        PackedMatrix matrix = RequirePacked(table);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)matrix.Rows, nameof(ids));
        }

        Tensor y = Rent(ids.Length, matrix.Columns);
        for (int i = 0; i < ids.Length; i++)
        {
            matrix.Layout.Expand(matrix.Panel(ids[i] / PanelLayout.Lanes), ids[i] % PanelLayout.Lanes, y.Row(i));
        }

        return y;
    }

    /// <inheritdoc/>
    public void Linear(Tensor x, ReadOnlySpan<LinearWeight> weights, Span<Tensor> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, weights.Length, nameof(y));
        _linear.Begin(x);
        for (int i = 0; i < weights.Length; i++)
        {
            y[i] = Add(x, weights[i], null);
        }

        _linear.Compute(_workspace);
    }

    /// <inheritdoc/>
    public Tensor Linear(Tensor x, LinearWeight weight, Tensor? residual = null)
    {
        _linear.Begin(x);
        Tensor y = Add(x, weight, residual);
        _linear.Compute(_workspace);
        return y;
    }

    private static PackedMatrix RequirePacked(Matrix matrix) => matrix as PackedMatrix
        ?? throw new ArgumentException("the matrix was packed by another backend; pack it with this one", nameof(matrix));

    private PackedMatrix? TryPack(in PackRequest request, PanelLayout layout)
    {
        var matrix = new PackedMatrix(request.Type, request.Rows, request.Columns, layout);
        try
        {
            long rowBytes = ElementTypes.Info(request.Type).BytesFor(request.Columns);
            var work = new PackWork(matrix, rowBytes, request.Read, _stagingBytes, Workers.Count);
            bool shared = matrix.Bytes >= 1 << 16 && Workers.Count > 1;
            if (shared)
            {
                Workers.Wake();
            }

            Workers.Run(work, shared ? Workers.Count : 1);
            if (!work.Refused)
            {
                return matrix;
            }
        }
        catch
        {
            matrix.Dispose();
            throw;
        }

        matrix.Dispose();
        return null;
    }

    private Tensor Add(Tensor x, LinearWeight weight, Tensor? residual)
    {
        ArgumentNullException.ThrowIfNull(weight);
        PackedMatrix matrix = RequirePacked(weight.Matrix);
        if (x.Columns != matrix.Columns)
        {
            throw new ShapeMismatchException("linear", $"[rows, {matrix.Columns}]", $"[{x.Rows}, {x.Columns}]");
        }

        if (residual is { } r && (r.Rows != x.Rows || r.Columns != matrix.Rows))
        {
            throw new ShapeMismatchException("linear", $"a residual [{x.Rows}, {matrix.Rows}]", $"[{r.Rows}, {r.Columns}]");
        }

        Tensor y = Rent(x.Rows, matrix.Rows);
        _linear.Add(matrix, y, weight.Bias is null ? null : weight.Bias.Value.Data, residual is null ? null : residual.Value.Data);
        return y;
    }
}
