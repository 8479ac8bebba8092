using Whorl.Kernels.Cpu.Ops;
using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Kernels.Cpu.Quantized.Activations;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>What the choice of a kernel hides from the tests that go through the backend.</summary>
public sealed unsafe class KernelTests
{
    private delegate void Kernel(in KernelCall call);

    [VnniFact]
    public void Eight_bit_kernels_with_and_without_AVX_VNNI_give_the_same_bits()
    {
        Same<BytePanel>(ElementType.Q8_0);
        Same<ByteGroupPanel<Constant.One, Constant.Two>>(ElementType.Q5_1);
        Same<ByteGroupPanel<Constant.Two, Constant.One>>(ElementType.Q6_K);
        Same<ByteGroupPanel<Constant.Two, Constant.Two>>(ElementType.Q2_K);
    }

    [Fact]
    public void Rows_are_shared_out_in_numbers_that_kernels_take()
    {
        foreach (int most in new[] { 1, 2, 4, 6, 12 })
        {
            for (int rows = 1; rows < 40; rows++)
            {
                int next = KernelTable.RowsOfNext(rows, most);
                Assert.InRange(next, 1, Math.Min(rows, most));
                Assert.Contains(next, new[] { 1, 2, 3, 4, 6, 8, 12 });
            }
        }

        Assert.Equal((4, 4, 4, 6), (KernelTable.RowsOfNext(7, 6), KernelTable.RowsOfNext(8, 6), KernelTable.RowsOfNext(4, 6), KernelTable.RowsOfNext(12, 6)));
    }

    private static void Same<TPanel>(ElementType type)
        where TPanel : IQuantisedPanel
    {
        const int Columns = 512, Rows = 64;
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var matrix = (PackedMatrix)backend.Pack(type, Rows, Columns, Weights.Random(type, Rows, Columns, new Random(1)));
        Tensor x = Bits.Activations(backend, 2, Columns, new Random(2));
        ActivationBlock[] blocks = [.. Reference.Quantise(x.Row(0)), .. Reference.Quantise(x.Row(1))];
        Tensor with = backend.Rent(2, Rows), without = backend.Rent(2, Rows);
        fixed (ActivationBlock* start = blocks)
        {
            var call = new KernelCall
            {
                Weights = matrix.Panel(0),
                PanelBytes = matrix.PanelBytes,
                Panels = matrix.Panels,
                X = (byte*)start,
                RowBytes = Columns / ActivationBlock.Size * ActivationBlock.Bytes,
                Steps = Columns / ActivationBlock.Size,
                OutStride = Rows,
            };
            foreach ((Kernel first, Kernel second, int rows) in new (Kernel, Kernel, int)[]
            {
                (ByteKernels256<ByteDot.Vnni>.Run<Constant.One, TPanel>, ByteKernels256<ByteDot.Signs>.Run<Constant.One, TPanel>, 1),
                (ByteKernels256<ByteDot.Vnni>.Run<Constant.Two, TPanel>, ByteKernels256<ByteDot.Signs>.Run<Constant.Two, TPanel>, 2),
            })
            {
                call.Out = with.Data;
                first(call);
                call.Out = without.Data;
                second(call);
                Bits.Equal(without.Slice(0, rows).Span, with.Slice(0, rows).Span, $"{type}, {rows} rows");
            }
        }
    }
}
