using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

internal static class Bits
{
    /// <summary>Fails where one bit differs, and says where.</summary>
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:R}, not {expected[i]:R}");
            }
        }
    }

    /// <summary>Activations of several sizes, in memory of the backend, away from any alignment.</summary>
    public static Tensor Activations(CpuBackend backend, int rows, int columns, Random random)
    {
        Tensor memory = backend.Rent(1, (rows * columns) + 1);
        foreach (ref float value in memory.Span)
        {
            value = (random.NextSingle() - 0.5f) * MathF.ScaleB(1, random.Next(-6, 6));
        }

        return memory.Reshape(memory.Columns, 1).Slice(1, rows * columns).Reshape(rows, columns);
    }
}
