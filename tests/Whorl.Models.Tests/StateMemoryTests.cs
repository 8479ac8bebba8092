using Whorl.Kernels.Cpu;

namespace Whorl.Models.Tests;

/// <summary>What sessions of recurrent families take from the memory budget.</summary>
public sealed class StateMemoryTests
{
    [Theory]
    [InlineData("mamba")]
    [InlineData("rwkv7")]
    public void A_session_s_states_do_not_grow_with_its_length(string name)
    {
        Assert.Equal(Taken(name, length: 10, scratch: 0), Taken(name, length: 100_000, scratch: 0));
    }

    [Theory]
    [InlineData("mamba")]
    [InlineData("jamba")]
    [InlineData("zamba2")]
    public void Snapshots_of_scratch_tokens_are_taken_when_the_session_opens_and_not_later(string name)
    {
        using ModelSource source = ModelSource.Open(GoldenCase.Of(name).Folder);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        using ModelEnds ends = ModelEnds.Load(source, backend);
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), backend);
        MemoryBudget budget = new(long.MaxValue);
        using SessionCache session = span.Open(new BlockSessionOptions(span.Range, 8, MaxScratch: 5), budget);
        Assert.Equal(session.Blocks.Sum(block => block.Bytes), budget.Taken);
        float[] input = new float[5 * ends.BoundarySize];
        ends.Embed([1, 2, 3, 4, 5], [0, 1, 2, 3, 4], input);
        float[] output = new float[input.Length];
        int[] parents = [-1, 0, 0, 1, 2];
        span.Forward([session], [new BlockStep { Rows = 5, Input = input, Output = output, IsScratch = true, Parents = parents }]);
        Assert.Equal(session.Blocks.Sum(block => block.Bytes), budget.Taken);
        MemoryBudget small = new(budget.Taken - 1);
        Assert.Throws<MemoryBudgetException>(() => span.Open(new BlockSessionOptions(span.Range, 8, MaxScratch: 5), small));
        Assert.Equal(0, small.Taken);
    }

    private static long Taken(string name, int length, int scratch)
    {
        using ModelSource source = ModelSource.Open(GoldenCase.Of(name).Folder);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), backend);
        MemoryBudget budget = new(long.MaxValue);
        using SessionCache session = span.Open(new BlockSessionOptions(span.Range, length, scratch), budget);
        return budget.Taken;
    }
}
