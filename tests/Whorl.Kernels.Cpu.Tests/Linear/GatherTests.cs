using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

public sealed class GatherTests
{
    public static TheoryData<ElementType> Types() =>
        [.. ElementTypes.All.Select(info => info.Type).Where(type => BlockCodec.CanDecode(type) && type is not ElementType.F64)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Gathered_rows_are_the_checkpoints_values_to_the_bit(ElementType type)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        int columns = type is ElementType.F32 or ElementType.BF16 or ElementType.F16 ? 37 : 512, rows = 35;
        byte[] data = Weights.Random(type, rows, columns, new Random(20260827));
        using Matrix table = backend.Pack(type, rows, columns, data);
        int[] ids = [0, 34, 3, 16, 3];
        Tensor y = backend.Gather(table, ids);
        for (int i = 0; i < ids.Length; i++)
        {
            Bits.Equal(Weights.Decode(type, data, ids[i], columns), y.Row(i), $"{type}, row {ids[i]}");
        }
    }

    [Fact]
    public void An_id_that_is_no_row_is_refused()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using Matrix table = backend.Pack(ElementType.F32, 3, 2, new byte[24]);
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Gather(table, [0, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => backend.Gather(table, [-1]));
    }
}
