using Whorl.Client.Recovery;
using Whorl.Models;

namespace Whorl.Client.Tests.Recovery;

/// <summary>What a link's log remembers comes back bit for bit, in memory and on disk.</summary>
public sealed class BoundaryLogTests
{
    private const int Width = 96;

    [Theory]
    [InlineData(false, long.MaxValue)]
    [InlineData(false, 200_000)]
    [InlineData(false, 0)]
    [InlineData(true, long.MaxValue)]
    [InlineData(true, 0)]
    public void Rows_come_back_as_they_were_wherever_they_lie(bool isRounded, long maxBytes)
    {
        const int rows = 1500;
        float[] values = Noise(rows, isRounded);
        LogMemory memory = new(maxBytes);
        RowStore store = new(Width, isRounded, memory);
        Random random = new(3);
        for (int at = 0; at < rows;)
        {
            int count = Math.Min(random.Next(1, 40), rows - at);
            store.Append(values.AsSpan(at * Width, count * Width));
            at += count;
        }

        float[] read = new float[rows * Width];
        store.Read(0, read);
        Assert.True(values.AsSpan().SequenceEqual(read));
        store.Read(700, read.AsSpan(0, 50 * Width));
        Assert.True(values.AsSpan(700 * Width, 50 * Width).SequenceEqual(read.AsSpan(0, 50 * Width)));
        Assert.Equal(maxBytes < long.MaxValue, store.FileBytes > 0);
        Assert.InRange(memory.Taken, 0, maxBytes);
        store.Dispose();
        Assert.Equal(0, memory.Taken);
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"whorl-{Environment.ProcessId}-*.log"));
    }

    [Fact]
    public void Rounded_rows_take_half_the_memory_until_one_is_not()
    {
        LogMemory full = new(long.MaxValue), half = new(long.MaxValue);
        using RowStore wide = new(Width, isRounded: false, full), narrow = new(Width, isRounded: true, half);
        float[] values = Noise(300, isRounded: true);
        wide.Append(values);
        narrow.Append(values);
        Assert.Equal(full.Taken, 2 * half.Taken);

        values[^1] = 1f / 3;
        narrow.Append(values);
        float[] read = new float[300 * Width];
        narrow.Read(300, read);
        Assert.True(values.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public void Scratch_tokens_are_apart_until_a_verdict_keeps_some_of_them()
    {
        using BoundaryLog log = new(Width, 1, isRounded: false, new LogMemory(long.MaxValue));
        float[] values = Noise(6, isRounded: false);
        log.Accept(Step(values, 0, 2));
        log.Accept(Step(values, 2, 2, [-1, 0]));
        log.Accept(Step(values, 4, 1, [0]));
        Assert.Equal((2, 3, 2), (log.Committed, log.Scratch, log.ScratchSteps));
        BlockStep step = new();
        log.DescribeScratch(1, step);
        Assert.Equal((1, true), (step.Rows, step.IsScratch));
        Assert.Equal([0], step.Parents.ToArray());
        Assert.Equal(values[(4 * Width)..(5 * Width)], step.Input.ToArray());

        BlockStep verdict = Step(values, 5, 1);
        (verdict.HasVerdict, verdict.Keep) = (true, new[] { 0, 2 });
        log.Accept(verdict);

        Assert.Equal((5, 0, 0), (log.Committed, log.Scratch, log.ScratchSteps));
        float[] read = new float[5 * Width];
        log.Read(0, read);
        Assert.Equal([.. values[..(3 * Width)], .. values[(4 * Width)..]], read);
        Assert.Equal(3, log.Describe(0, 3, step));
        Assert.Equal(2, log.Describe(3, 3, step));
    }

    private static BlockStep Step(float[] values, int row, int rows, int[]? parents = null) => new()
    {
        Rows = rows,
        Input = values.AsMemory(row * Width, rows * Width),
        IsScratch = parents is not null,
        Parents = parents,
    };

    private static float[] Noise(int rows, bool isRounded)
    {
        Random random = new(rows);
        return [.. Enumerable.Range(0, rows * Width).Select(_ => (float)((random.NextDouble() * 2) - 1))
            .Select(value => isRounded ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & ~0xFFFF) : value)];
    }
}
