using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

public sealed unsafe class MappedMatrixTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(ElementType.Q4_0)]
    [InlineData(ElementType.Q6_K)]
    [InlineData(ElementType.BF16)]
    public void Panels_that_lie_in_a_file_give_the_bytes_of_those_in_memory(ElementType type)
    {
        using CpuBackend backend = new();
        using var packed = (PackedMatrix)backend.Pack(type, 70, 512, Weights.Random(type, 70, 512, new Random(1)));
        using (FileStream stream = File.Create(_file))
        {
            stream.Write(new byte[MappedRange.Alignment]);
            stream.Write(new ReadOnlySpan<byte>(packed.Panel(0), (int)packed.Bytes));
            stream.Write(new byte[MappedRange.Alignment]);
        }

        using var mapped = new PackedMatrix(type, 70, 512, packed.Layout, new MappedRange(_file, MappedRange.Alignment, packed.Bytes));
        Tensor x = backend.Upload(Numbers.Random(3 * 512, 2), 512);
        using LinearWeight expected = new(packed), actual = new(mapped);
        Assert.Equal(backend.Linear(x, expected).Span.ToArray(), backend.Linear(x, actual).Span.ToArray());
    }

    [Fact]
    public void Panels_of_another_size_are_refused()
    {
        using CpuBackend backend = new();
        using var packed = (PackedMatrix)backend.Pack(ElementType.F32, 32, 2, new byte[256]);
        using NativeBuffer small = new(packed.Bytes - 64);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PackedMatrix(ElementType.F32, 32, 2, packed.Layout, small));
    }
}
