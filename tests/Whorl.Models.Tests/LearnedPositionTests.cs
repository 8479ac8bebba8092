
namespace Whorl.Models.Tests;

/// <summary>Models with a table of positions: what the ends need to know of a session.</summary>
public sealed class LearnedPositionTests
{
    [Fact]
    public void A_text_longer_than_the_table_is_refused_with_the_table_s_length()
    {
        using LoadedModel model = new(GoldenCase.Of("gpt2").Folder);
        model.Embed([1], [63]);
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => model.Embed([1], [64]));
        Assert.Contains("64 positions", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Embed([1, 2], [0]));
    }

    [Fact]
    public void Positions_follow_commitment_trees_and_verdicts()
    {
        StepPositions positions = new();
        Assert.Equal([0, 1, 2], Take(new BlockStep { Rows = 3 }));
        Assert.Equal([3, 4, 4], Take(Tree([-1, 0, 0])));
        Assert.Equal([5, 3], Take(Tree([2, -1])));
        BlockStep given = Tree([3]);
        Assert.Equal([6], positions.Of(given).ToArray());
        Assert.Equal([6], positions.Of(given).ToArray()); // a step that was not accepted leaves nothing behind
        Assert.Equal([6, 7], Take(new BlockStep { Rows = 2, HasVerdict = true, Keep = new[] { 0, 2, 3 } }));
        Assert.Equal([8, 9], Take(Tree([-1, 0])));
        Assert.Equal([8, 8], Take(new BlockStep { Rows = 2, IsScratch = true, Parents = new[] { -1, -1 }, HasVerdict = true }));

        int[] Take(BlockStep step)
        {
            int[] taken = positions.Of(step).ToArray();
            positions.Accept(step);
            return taken;
        }

        static BlockStep Tree(int[] parents) => new() { Rows = parents.Length, IsScratch = true, Parents = parents };
    }
}
