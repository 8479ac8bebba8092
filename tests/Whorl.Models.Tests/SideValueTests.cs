
namespace Whorl.Models.Tests;

/// <summary>Families in which a second value crosses every block boundary.</summary>
public sealed class SideValueTests
{
    [Theory]
    [InlineData("zamba2", 0)]
    [InlineData("zamba2_rope", 0)]
    [InlineData("rwkv7", 1)]
    public void The_side_value_is_the_reference_s_at_every_boundary_from_where_it_is_known(string name, int first)
    {
        GoldenCase golden = GoldenCase.Of(name);
        using LoadedModel model = new(golden.Folder);
        using GoldenTensors expected = golden.Expected();
        int[] ids = expected.Ids("a.input_ids");
        using ModelRun run = model.Open(ids.Length);
        float[] side = expected.Floats(expected.Has("a.side") ? "a.side" : "a.hidden.0"); // Zamba2's are the embeddings
        int hidden = model.Source.Spec.HiddenSize;
        foreach (float[] boundary in run.EveryBlock(ids).Skip(first))
        {
            float[] actual = [.. boundary.Chunk(model.Width).SelectMany(row => row[hidden..])];
            Assert.Equal(side.Length, actual.Length);
            Assert.All(side.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-6 * side.Max(Math.Abs)));
        }
    }

    [Fact]
    public void Before_the_first_block_of_rwkv7_the_side_value_is_zero()
    {
        using LoadedModel model = new(GoldenCase.Of("rwkv7").Folder);
        int hidden = model.Source.Spec.HiddenSize;
        Assert.All(model.Embed([3, 1, 4], [0, 1, 2]).Chunk(model.Width), row => Assert.All(row[hidden..], value => Assert.Equal(0, value)));
    }
}
