using System.Collections.Concurrent;
using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

public sealed unsafe class PackingTests
{
    public static TheoryData<ElementType> Types() => [.. Weights.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Panels_are_the_same_bytes_however_few_rows_are_read_at_once(ElementType type)
    {
        const int Rows = 1000, Columns = 512;
        byte[] data = Weights.Random(type, Rows, Columns, new Random(11));
        int panelBytes = 32 * data.Length / Rows;
        byte[] expected = Pack(type, Rows, Columns, data, threads: 1, data.Length, out _);
        foreach (int staging in (int[])[0, panelBytes, (3 * panelBytes) + 1])
        {
            byte[] packed = Pack(type, Rows, Columns, data, threads: 3, staging, out int longest);
            Assert.Equal(expected, packed);
            Assert.InRange(longest, 1, Math.Max(staging, panelBytes));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_tensor_of_a_tebibyte_is_packed_from_its_rows(int workers)
    {
        const int Rows = (1 << 24) + 5, Columns = 1 << 14; // float32: 2^40 bytes and more
        var layout = new RowNumbers();
        using var matrix = new PackedMatrix(ElementType.F32, Rows, Columns, layout);
        using var pool = new WorkerPool(workers, null);
        var work = new PackWork(matrix, Columns * sizeof(float), Number, 2 << 20, workers);
        pool.Run(work, workers);
        Assert.False(work.Refused);
        for (int panel = 0; panel < matrix.Panels; panel++)
        {
            Assert.Equal(panel * PanelLayout.Lanes, *(int*)matrix.Panel(panel));
        }

        static void Number(int first, Span<byte> rows)
        {
            for (; !rows.IsEmpty; rows = rows[(Columns * sizeof(float))..])
            {
                BitConverter.TryWriteBytes(rows, first++);
            }
        }
    }

    [Fact]
    public void Rows_that_cannot_be_read_are_told_as_they_failed_and_the_backend_goes_on()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 3, SharesEverything = true, StagingBytes = 0 });
        IOException e = Assert.Throws<IOException>(() => backend.Pack(new PackRequest(
            ElementType.F32, 320, 1024, (first, _) => throw (first == 96 ? new IOException("row 96") : new IOException("another row")))));
        Assert.Contains("row", e.Message, StringComparison.Ordinal);
        using Matrix next = backend.Pack(ElementType.F32, 320, 1024, new byte[320 * 1024 * 4]);
        Assert.Equal(320, next.Rows);
    }

    [Fact]
    public void An_infinity_in_the_last_rows_has_all_rows_read_once_more()
    {
        const int Rows = 96, Columns = 4096;
        byte[] data = Weights.Random(ElementType.F16, Rows, Columns, new Random(3));
        BitConverter.TryWriteBytes(data.AsSpan(data.Length - 2), (ushort)0x7c00);
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true, StagingBytes = 0 });
        int last = 0;
        using Matrix matrix = backend.Pack(new PackRequest(ElementType.F16, Rows, Columns, (first, rows) =>
        {
            Interlocked.Add(ref last, first == 64 ? 1 : 0);
            data.AsSpan(first * 2 * Columns, rows.Length).CopyTo(rows);
        }));
        Assert.Equal(2, last);
        Assert.Equal(float.PositiveInfinity, backend.Gather(matrix, [Rows - 1]).Span[^1]);
    }

    /// <summary>The panels' bytes; fails where a row is not asked for exactly once.</summary>
    private static byte[] Pack(ElementType type, int rows, int columns, byte[] data, int threads, int staging, out int longest)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads, SharesEverything = true, StagingBytes = staging });
        int rowBytes = data.Length / rows;
        ConcurrentBag<(int First, int Rows)> read = [];
        using var matrix = (PackedMatrix)backend.Pack(new PackRequest(type, rows, columns, (first, into) =>
        {
            read.Add((first, into.Length / rowBytes));
            data.AsSpan(first * rowBytes, into.Length).CopyTo(into);
        }));
        Assert.Equal(Enumerable.Range(0, rows), read.SelectMany(r => Enumerable.Range(r.First, r.Rows)).Order());
        longest = read.Max(r => r.Rows) * rowBytes;
        return new ReadOnlySpan<byte>(matrix.Panel(0), checked((int)matrix.Bytes)).ToArray();
    }

    /// <summary>Keeps of a panel the number of its first row, and refuses rows out of order.</summary>
    private sealed class RowNumbers : PanelLayout
    {
        public override long PanelBytes(int columns) => 64;

        public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
        {
            int first = *(int*)panel = *(int*)source;
            for (int row = 0; row < rows; row++)
            {
                if (*(int*)(source + (row * rowBytes)) != first + row)
                {
                    return false;
                }
            }

            return true;
        }

        public override void Expand(byte* panel, int lane, Span<float> values) => throw new NotSupportedException();

        public override int MostRows(InstructionSet set) => throw new NotSupportedException();

        public override void Multiply(InstructionSet set, int rows, in KernelCall call) => throw new NotSupportedException();
    }
}
