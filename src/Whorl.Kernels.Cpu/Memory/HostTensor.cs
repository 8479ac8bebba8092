using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Memory;

/// <summary>What a tensor of this backend holds: it lies in the process's memory.</summary>
internal static unsafe class HostTensor
{
    extension(Tensor tensor)
    {
        /// <summary>All elements, row after row.</summary>
        public Span<float> Span => new(tensor.Data, tensor.Length);

        /// <summary>One row, <c>[Columns]</c>.</summary>
        public Span<float> Row(int row)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)tensor.Rows, nameof(row));
            return new(tensor.Data + ((long)row * tensor.Columns), tensor.Columns);
        }
    }
}
