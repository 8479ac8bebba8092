using Whorl.Generation.Speculation;
using Whorl.Models;
using Whorl.Testing;

namespace Whorl.Tests;

/// <summary>Texts that are guessed ahead: the bytes are those of texts that are not.</summary>
public sealed class SpeculationTests(BardFixture bard) : IClassFixture<BardFixture>
{
    private static readonly TextOptions Options = new() { Seed = 11, MaxTokens = 120, IgnoreEndTokens = true };

    [Theory]
    [InlineData(0, null)]
    [InlineData(0, 12)]
    [InlineData(0.8, null)]
    [InlineData(0.8, 5)]
    public async Task A_smaller_model_and_what_stood_before_guess_for_the_built_in_one(double temperature, int? treeSize)
    {
        await using LanguageModel draft = await LanguageModel.LoadAsync("bard-draft", new ModelOptions { Threads = 1 });
        TextOptions options = Options with { Temperature = (float)temperature };
        TextResult plain = await bard.Model.GenerateAsync("HAMLET.", options).ToResultAsync();

        TextResult guessed = await bard.Model.GenerateAsync(
            "HAMLET.", options with { Speculation = new SpeculationOptions { Draft = draft, TreeSize = treeSize } }).ToResultAsync();

        Assert.Equal(plain.Ids, guessed.Ids);
        Assert.Equal(plain.Text, guessed.Text);
        Assert.Null(plain.Speculation);
        SpeculationStatistics statistics = guessed.Speculation!;
        Assert.Equal(["bard-draft", "lookup", "off", "recycle"], statistics.ByRoute.Keys.Select(Path.GetFileName).Order());
        Assert.Equal(119, statistics.Tokens);
        if (treeSize is not null)
        {
            Assert.True(statistics.TokensPerPass > 1.2, $"{statistics.TokensPerPass} tokens a pass");
        }
    }

    [Fact]
    public async Task Trees_go_through_servers_that_share_the_blocks()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "models", "bard");
        await using BlockServer first = await BlockServer.StartAsync(folder, new BlockRange(0, 3)), second = await BlockServer.StartAsync(folder, new BlockRange(4, 5));
        await using LanguageModel remote = await LanguageModel.ConnectAsync(folder, new ConnectOptions { Servers = [first.Address, second.Address] });
        TextOptions options = Options with { Temperature = 0.8f };
        TextResult plain = await bard.Model.GenerateAsync("HAMLET.", options).ToResultAsync();

        TextResult guessed = await remote.GenerateAsync(
            "HAMLET.", options with { Speculation = new SpeculationOptions { TreeSize = 8 } }).ToResultAsync();

        Assert.Equal(plain.Ids, guessed.Ids);
        Assert.Equal(2, guessed.Holders.Count);
        Assert.True(guessed.Speculation!.Accepted > 0);
        Assert.True(guessed.Holders[0].Steps < 120);
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("mistral_window")]
    [InlineData("gpt_oss")]
    [InlineData("gemma2")]
    [InlineData("bloom")]
    [InlineData("mixtral")]
    [InlineData("deepseek_v3")]
    [InlineData("falcon_mamba")]
    [InlineData("rwkv7")]
    [InlineData("jamba")]
    [InlineData("zamba2")]
    public async Task Every_kind_of_block_computes_trees_to_the_bytes_of_the_plain_text(string name)
    {
        await using LanguageModel model = await LanguageModel.LoadAsync(ReferenceData.PathOf("golden", "models", name), new ModelOptions { Threads = 1 });
        foreach (float temperature in (float[])[0, 0.9f])
        {
            TextOptions options = new() { Seed = 3, MaxTokens = 40, IgnoreEndTokens = true, Temperature = temperature, Context = 56 };
            TextResult plain = await model.GenerateAsync([5, 80, 33, 2, 80, 33], options).ToResultAsync();
            TextResult guessed = await model.GenerateAsync(
                [5, 80, 33, 2, 80, 33], options with { Speculation = new SpeculationOptions { TreeSize = 7 } }).ToResultAsync();
            Assert.Equal(plain.Ids, guessed.Ids);
            Assert.True(guessed.Speculation!.Drafted > 20);
        }
    }

    [Fact]
    public async Task Answers_of_a_conversation_are_guessed_ahead_and_stay_what_they_are()
    {
        TextOptions options = Options with { MaxTokens = 40, Temperature = 0.7f };
        await using ChatSession plain = bard.Model.StartChat(options);
        await using ChatSession guessed = bard.Model.StartChat(options with { Speculation = new SpeculationOptions { TreeSize = 6 } });
        foreach (string message in (string[])["Who goes there?", "And whither?", "Who goes there?"])
        {
            Assert.Equal(
                (await plain.AnswerAsync(message).ToResultAsync()).Text, (await guessed.AnswerAsync(message).ToResultAsync()).Text);
        }
    }

    [Fact]
    public async Task A_model_of_another_vocabulary_cannot_guess()
    {
        await using LanguageModel other = await LanguageModel.LoadAsync(ReferenceData.PathOf("golden", "models", "llama3"));
        WhorlException refused = await Assert.ThrowsAsync<WhorlException>(() => bard.Model.GenerateAsync(
            "HAMLET.", Options with { Speculation = new SpeculationOptions { Draft = other } }).ToResultAsync());
        Assert.Contains("another vocabulary", refused.Message, StringComparison.Ordinal);
    }
}
