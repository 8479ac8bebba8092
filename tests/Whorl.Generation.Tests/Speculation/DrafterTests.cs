using Whorl.Generation.Speculation;

namespace Whorl.Generation.Tests.Speculation;

public sealed class DrafterTests
{
    private static readonly GrowthLimits Limits = new() { Nodes = 8, Passes = 6 };

    [Fact]
    public async Task What_followed_the_longest_end_of_the_text_before_is_looked_up()
    {
        await using LookupDrafter drafter = new();
        DraftTree tree = new();

        await drafter.DraftAsync([1, 2, 3, 4, 9, 3, 7, 2, 3], tree, 0, Limits, default); // 2 3 stood before, with 4 behind; 3 alone with 7

        Assert.Equal([4, 9, 3, 7, 2, 3], Chain(tree));
    }

    [Fact]
    public async Task A_text_that_says_nothing_twice_gives_nothing_to_look_up()
    {
        await using LookupDrafter drafter = new();
        DraftTree tree = new();
        await drafter.DraftAsync([1, 2, 3, 4], tree, 0, Limits, default);
        Assert.Equal(0, tree.Count);
        await drafter.DraftAsync([1, 2, 3, 4, 2], tree, 0, Limits, default);
        Assert.Equal([3, 4, 2], Chain(tree));
        tree.Clear();
        await drafter.DraftAsync([4, 4], tree, 0, Limits, default); // another text
        Assert.Equal([4], Chain(tree));
    }

    [Fact]
    public async Task Guesses_that_come_true_are_trusted_more_and_others_less()
    {
        await using LookupDrafter drafter = new();
        List<int> text = [1, 2, 3, 1];
        double before = await FirstAsync();
        Learn(isTrue: true);
        double after = await FirstAsync();
        Assert.True(after > before);
        Learn(isTrue: false);
        Learn(isTrue: false);
        Assert.True(await FirstAsync() < after);

        async Task<double> FirstAsync()
        {
            DraftTree tree = new();
            await drafter.DraftAsync(text, tree, 0, Limits, default);
            return tree.LogProbability(0);
        }

        void Learn(bool isTrue)
        {
            DraftTree tree = new();
            tree.Add(DraftTree.Root, 2, -1);
            drafter.Learn(tree, 0, isTrue ? [0] : [], isCut: false);
        }
    }

    [Fact]
    public async Task What_the_model_held_likely_behind_a_token_is_tried_again_the_likeliest_path_first()
    {
        await using RecyclingDrafter drafter = new(5);
        drafter.Observe(0, [0, 5, 4, 0, 1]);
        drafter.Observe(1, [0, 0, 0, 9, 8]);
        DraftTree tree = new();

        await drafter.DraftAsync([2, 0], tree, 3, Limits with { Nodes = 3 }, default);

        Assert.Equal(1, tree.Token(0));
        Assert.Equal(3, tree.Token(tree.FirstChild(0)));
        Assert.All(Enumerable.Range(0, tree.Count), node => Assert.Equal(3, tree.Source(node)));
    }

    [Fact]
    public async Task A_draft_model_computes_what_is_new_of_a_text_and_keeps_its_own_guesses_that_came_true()
    {
        HashModel model = new(24);
        await using ModelDrafter drafter = new("draft", model);
        List<int> text = [1, 2, 3];
        DraftTree tree = new();
        for (int i = 0; i < 20; i++)
        {
            tree.Clear();
            await drafter.DraftAsync(text, tree, 0, Limits, default);
            int best = Enumerable.Range(0, tree.Count).Where(node => tree.Depth(node) == 1).MaxBy(tree.LogProbability);
            float[] logits = HashSession.Logits(text, 24);
            Assert.Equal(Array.IndexOf(logits, logits.Max()), tree.Token(best));
            text.Add(i % 3 == 0 ? 7 : tree.Token(best)); // sometimes another one comes
            text.Add(i % 4 == 0 ? 2 : 9);
        }

        Assert.Equal(1, model.Opened);
        text[4] = 23; // another text
        await drafter.DraftAsync(text, tree, 0, Limits, default);
        Assert.Equal(2, model.Opened);
    }

    [Fact]
    public async Task A_text_that_is_too_long_for_a_draft_model_is_not_guessed_at()
    {
        await using ModelDrafter drafter = new("draft", new HashModel(24) { ContextLength = 12 });
        DraftTree tree = new();
        await drafter.DraftAsync([1, 2, 3, 4, 5, 6, 7], tree, 0, Limits, default);
        Assert.Equal(0, tree.Count);
    }

    [Fact]
    public void A_node_that_two_propose_is_one_with_the_larger_probability()
    {
        DraftTree tree = new();
        int node = tree.Add(DraftTree.Root, 5, -2, source: 1);
        Assert.Equal(node, tree.Add(DraftTree.Root, 5, -1, source: 2));
        Assert.Equal((1, -1d, 1), (tree.Count, tree.LogProbability(node), tree.Source(node)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Add(1, 5, -3));
    }

    [Fact]
    public void What_a_pass_takes_is_interpolated_and_a_pause_counts_little()
    {
        PassTimes times = new();
        Assert.False(times.IsKnown);
        for (int i = 0; i < 40; i++)
        {
            times.Count(1, TimeSpan.FromMilliseconds(10));
            times.Count(5, TimeSpan.FromMilliseconds(12));
            times.Count(9, TimeSpan.FromMilliseconds(14));
        }

        Assert.Equal(0.010, times.Of(1), 1e-4);
        Assert.Equal(0.012, times.Of(5), 2e-4);
        Assert.Equal(0.013, times.Of(7), 2e-4);
        Assert.Equal(0.014, times.Of(9), 2e-4);
        Assert.InRange(times.Of(17), 0.0155, 0.019);
        times.Count(5, TimeSpan.FromSeconds(10));
        Assert.InRange(times.Of(5), 0.0119, 0.013);
    }

    private static int[] Chain(DraftTree tree)
    {
        Assert.All(Enumerable.Range(0, tree.Count), node => Assert.Equal(node - 1, tree.Parent(node)));
        return [.. Enumerable.Range(0, tree.Count).Select(tree.Token)];
    }
}
