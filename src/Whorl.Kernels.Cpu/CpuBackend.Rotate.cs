using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Rotary position embedding.</content>
public sealed unsafe partial class CpuBackend
{
    // Cosines and sines of 64 Ki positions of a head of 128.
    private const long MostRotationBytes = 64 << 20;

    private readonly RotationCache _rotations = new(MostRotationBytes);

    /// <summary>Bytes of the cosines and sines that are kept.</summary>
    internal long RotationBytes => _rotations.Bytes;

    /// <inheritdoc/>
    public Tensor Rotate(Tensor x, int headSize, ReadOnlySpan<RopeTable> tables, StepLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentOutOfRangeException.ThrowIfLessThan(headSize, 1);
        if (layout.Rows != x.Rows || x.Columns % headSize != 0 || tables.Length != layout.Segments.Count)
        {
            throw new ShapeMismatchException(
                "rotate", $"[{layout.Rows}, heads · {headSize}] and {layout.Segments.Count} tables",
                $"[{x.Rows}, {x.Columns}] and {tables.Length}");
        }

        Tensor y = Rent(x.Rows, x.Columns);
        if (x.Rows == 0)
        {
            return y;
        }

        int turning = tables[0].RotaryDimensions;
        long mark = Mark();
        float** angles = (float**)_workspace.RentBytes((long)x.Rows * sizeof(float*));
        _rotations.Begin();
        for (int i = 0; i < tables.Length; i++)
        {
            if (tables[i].RotaryDimensions != turning || turning > headSize)
            {
                throw new ShapeMismatchException(
                    "rotate", $"at most {headSize} rotary dimensions, the same in all tables", $"{tables[i].RotaryDimensions}");
            }

            StepSegment segment = layout.Segments[i];
            _rotations.Find(tables[i], layout.Positions.Slice(segment.FirstRow, segment.Rows), angles + segment.FirstRow);
        }

        Share(new RotateKernel(x.Data, y.Data, x.Columns / headSize, headSize, turning / 2, angles), x.Rows, x.Length);
        Release(mark);
        return y;
    }
}
