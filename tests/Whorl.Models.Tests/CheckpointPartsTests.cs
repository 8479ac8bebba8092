using Whorl.Kernels.Cpu;

namespace Whorl.Models.Tests;

public sealed class CheckpointPartsTests
{
    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_and_ends_read_the_tensors_of_their_part_and_no_other(string name)
    {
        string folder = GoldenCase.Of(name).Folder;
        CheckpointParts parts = CheckpointParts.Read(folder);
        HashSet<string> read = [];
        using ModelSource source = ModelSource.Open(folder, (entry, _, _) => read.Add(entry.Name));
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        Assert.Equal(source.Spec.Blocks.Count, parts.Blocks);

        for (int block = 0; block < parts.Blocks; block++)
        {
            BlockRange range = new(block, block);
            read.Clear();
            using DecoderSpan span = DecoderSpan.Load(source, range, backend);
            Assert.All(read, tensor => Assert.True(parts.IsOfBlocks(tensor, range), tensor));
            Assert.DoesNotContain(read, parts.IsOfEnds);
        }

        read.Clear();
        using ModelEnds ends = ModelEnds.Load(source, backend);
        Assert.All(read, tensor => Assert.True(parts.IsOfEnds(tensor), tensor));
    }
}
