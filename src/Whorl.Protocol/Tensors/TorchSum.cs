using System.Numerics;

namespace Whorl.Protocol.Tensors;

/// <summary>
/// Sums in PyTorch's order, on which the last bits of means and deviations depend: its cascade sum
/// (aten/src/ATen/native/cpu/SumKernel.cpp) and its norm (ReduceOpsKernel.cpp), with vectors of eight float32 as its AVX2 build has.
/// </summary>
/// <remarks>Lanes are plain arrays here: the order of additions is what counts, not the speed; only the lossy codecs need them.</remarks>
internal static class TorchSum
{
    private const int Lanes = 8;
    private const int Interleave = 4;
    private const int Levels = 4;

    /// <summary>The sum of a contiguous row.</summary>
    public static float Sum(ReadOnlySpan<float> row)
    {
        if (row.Length < Lanes)
        {
            return RowSum(row, lanes: 1)[0];
        }

        int vectors = row.Length / Lanes;
        float[] partial = RowSum(row[..(vectors * Lanes)], Lanes);
        float sum = 0;
        for (int i = vectors * Lanes; i < row.Length; i++)
        {
            sum += row[i];
        }

        foreach (float lane in partial)
        {
            sum += lane;
        }

        return sum;
    }

    /// <summary>The Euclidean norm of a contiguous row.</summary>
    public static float Norm(ReadOnlySpan<float> row)
    {
        Span<float> lanes = stackalloc float[Lanes];
        lanes.Clear();
        int i = 0;
        for (; i < row.Length - (row.Length % Lanes); i += Lanes)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                lanes[lane] = MultiplyAdd(row[i + lane], lanes[lane]);
            }
        }

        float sum = lanes[0];
        for (int lane = 1; lane < Lanes; lane++)
        {
            sum += lanes[lane];
        }

        for (; i < row.Length; i++)
        {
            sum = MultiplyAdd(row[i], sum);
        }

        return MathF.Sqrt(sum);
    }

    private static float MultiplyAdd(float value, float sum) => (value * value) + sum;

    /// <summary>Sums vectors of <paramref name="lanes"/> values: four interleaved sums, each in cascade.</summary>
    private static float[] RowSum(ReadOnlySpan<float> row, int lanes)
    {
        int vectors = row.Length / lanes;
        int rounds = vectors / Interleave;
        float[] sums = CascadeSum(row, rounds, lanes * Interleave);
        for (int vector = rounds * Interleave; vector < vectors; vector++)
        {
            Accumulate(sums.AsSpan(0, lanes), row.Slice(vector * lanes, lanes));
        }

        for (int k = 1; k < Interleave; k++)
        {
            Accumulate(sums.AsSpan(0, lanes), sums.AsSpan(k * lanes, lanes));
        }

        return sums[..lanes];
    }

    /// <summary>
    /// Sums <paramref name="rounds"/> groups of <paramref name="width"/> values into one, lower levels emptying into higher ones.
    /// </summary>
    private static float[] CascadeSum(ReadOnlySpan<float> row, int rounds, int width)
    {
        int levelPower = Math.Max(4, CeilLog2(rounds) / Levels);
        int levelStep = 1 << levelPower;
        var sums = new float[Levels][];
        for (int level = 0; level < Levels; level++)
        {
            sums[level] = new float[width];
        }

        int i = 0;
        while (i + levelStep <= rounds)
        {
            for (int j = 0; j < levelStep; j++, i++)
            {
                Accumulate(sums[0], row.Slice(i * width, width));
            }

            for (int level = 1; level < Levels; level++)
            {
                Accumulate(sums[level], sums[level - 1]);
                Array.Clear(sums[level - 1]);
                if ((i & ((levelStep - 1) << (level * levelPower))) != 0)
                {
                    break;
                }
            }
        }

        for (; i < rounds; i++)
        {
            Accumulate(sums[0], row.Slice(i * width, width));
        }

        for (int level = 1; level < Levels; level++)
        {
            Accumulate(sums[0], sums[level]);
        }

        return sums[0];
    }

    private static int CeilLog2(int value) => value <= 2 ? 1 : BitOperations.Log2((uint)value - 1) + 1;

    private static void Accumulate(Span<float> sums, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += values[i];
        }
    }
}
