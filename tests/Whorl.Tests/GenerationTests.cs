using System.Collections.Concurrent;
using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Tests;

/// <summary>Texts of a loaded model.</summary>
public sealed class GenerationTests(BardFixture bard) : IClassFixture<BardFixture>
{
    private static readonly TextOptions Options = new() { Seed = 7, MaxTokens = 24 };

    private LanguageModel Model => bard.Model;

    [Fact]
    public async Task The_pieces_are_the_text_and_the_result_says_how_it_went()
    {
        GeneratedText stream = Model.GenerateAsync("ROMEO.\nO, ", Options with { IgnoreEndTokens = true });
        Assert.Throws<InvalidOperationException>(() => stream.Result);
        List<string> pieces = [];
        await foreach (string piece in stream)
        {
            pieces.Add(piece);
        }

        TextResult result = stream.Result;
        Assert.True(pieces.Count > 10, "it comes in pieces");
        Assert.Equal(string.Concat(pieces), result.Text);
        Assert.Equal(Model.Tokenizer!.Encode("ROMEO.\nO, "), result.PromptIds);
        Assert.Equal((24, StopReason.MaxTokens, 7ul), (result.Ids.Count, result.StopReason, result.Seed));
        Assert.Equal((result.PromptIds.Count, 23), (result.PrefillTokens, result.DecodeSteps));
        Assert.Equal("local", Assert.Single(result.Holders).Name);
    }

    [Fact]
    public async Task The_seed_that_a_result_tells_gives_the_text_again()
    {
        TextResult drawn = await Model.GenerateAsync("HAMLET.", new TextOptions { MaxTokens = 24 }).ToResultAsync();
        Assert.Equal(drawn.Text, (await Model.GenerateAsync("HAMLET.", new TextOptions { MaxTokens = 24, Seed = drawn.Seed }).ToResultAsync()).Text);
    }

    [Fact]
    public async Task A_prompt_of_tokens_is_the_same_as_their_text()
    {
        int[] ids = Model.Tokenizer!.Encode("HAMLET.");
        Assert.Equal((await Model.GenerateAsync("HAMLET.", Options).ToResultAsync()).Ids, (await Model.GenerateAsync(ids, Options).ToResultAsync()).Ids);
        await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateAsync([-1], Options).ToResultAsync());
        await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateAsync((int[])[2048], Options).ToResultAsync());
        await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateAsync("", Options).ToResultAsync());
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name()
    {
        Assert.Equal("MaxTokens", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Model.GenerateAsync("x", new TextOptions { MaxTokens = -1 }).ToResultAsync())).ParamName);
        Assert.Equal("Temperature", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Model.GenerateAsync("x", new TextOptions { Temperature = float.NaN }).ToResultAsync())).ParamName);
        ContextFullException full = await Assert.ThrowsAsync<ContextFullException>(
            () => Model.GenerateAsync("To be, or not to be", new TextOptions { Context = 3 }).ToResultAsync());
        Assert.Equal((Model.Tokenizer!.Encode("To be, or not to be").Length, 3), (full.Tokens, full.Context));
    }

    [Fact]
    public async Task A_text_is_written_once()
    {
        GeneratedText stream = Model.GenerateAsync("HAMLET.", Options);
        await stream.ToResultAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => stream.ToResultAsync());
    }

    [Fact]
    public async Task Who_leaves_the_loop_ends_the_computing()
    {
        GeneratedText stream = Model.GenerateAsync("HAMLET.", new TextOptions { Seed = 7, MaxTokens = 1_000_000, Context = 1_000_100, IgnoreEndTokens = true });
        await foreach (string piece in stream)
        {
            break;
        }

        Assert.Equal(StopReason.None, stream.Result.StopReason);
        Assert.InRange(stream.Result.Ids.Count, 1, 100_000);
    }

    [Fact]
    public async Task Cancelling_ends_a_text_and_keeps_what_there_is_of_it()
    {
        using CancellationTokenSource stopping = new();
        GeneratedText stream = Model.GenerateAsync("HAMLET.", new TextOptions { Seed = 7, MaxTokens = 1_000_000, Context = 1_000_100, IgnoreEndTokens = true });
        List<string> pieces = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in stream.WithCancellation(stopping.Token))
            {
                pieces.Add(piece);
                if (pieces.Count == 5)
                {
                    await stopping.CancelAsync();
                }
            }
        });
        Assert.Equal(StopReason.None, stream.Result.StopReason);
        Assert.Equal(string.Concat(pieces), stream.Result.Text);
    }

    [Fact]
    public async Task Nothing_is_computed_on_the_thread_that_asks()
    {
        ConcurrentBag<bool> pool = [];
        TaskCompletionSource<TextResult> done = new();
        Thread asking = new(() =>
        {
            // A thread that is no pool's, as a window's is: what is computed here would be told from here.
            Told<PromptReading> reading = new(_ => pool.Add(Thread.CurrentThread.IsThreadPoolThread));
            Task<TextResult> result = Model.GenerateAsync("HAMLET.", Options, reading).ToResultAsync();
            Assert.False(result.IsCompleted);
            _ = result.ContinueWith(t => done.SetResult(t.Result), TaskScheduler.Default);
        });
        asking.Start();
        await done.Task;
        Assert.NotEmpty(pool);
        Assert.All(pool, Assert.True);
    }

    [Fact]
    public async Task Texts_at_the_same_time_are_what_they_are_alone()
    {
        string[] prompts = ["HAMLET.", "ROMEO.\nO, ", "To be", "Once more", "MACBETH.\nIs this", "FIRST WITCH."];
        List<string?> alone = [];
        foreach (string prompt in prompts)
        {
            alone.Add((await Model.GenerateAsync(prompt, Options).ToResultAsync()).Text);
        }

        TextResult[] together = await Task.WhenAll(prompts.Select(prompt => Model.GenerateAsync(prompt, Options).ToResultAsync()));
        Assert.Equal(alone, together.Select(t => t.Text));
    }

    [Fact]
    public async Task Over_servers_text_and_hidden_states_are_the_same_bytes()
    {
        await using BlockServer first = await BlockServer.StartAsync(BardText.Folder, new BlockRange(0, 1));
        await using BlockServer second = await BlockServer.StartAsync(BardText.Folder, new BlockRange(2, 5));
        await using LanguageModel through = await LanguageModel.ConnectAsync("bard", new ConnectOptions { Servers = [second.Address, first.Address] });
        TextResult split = await through.GenerateAsync("HAMLET.", Options).ToResultAsync();
        Assert.Equal((await Model.GenerateAsync("HAMLET.", Options).ToResultAsync()).Text, split.Text);
        Assert.Equal([first.Address, second.Address], split.Holders.Select(h => h.Name));

        int[] ids = Model.Tokenizer!.Encode("HAMLET.");
        ModelTrace here = await Model.TraceAsync(ids), there = await through.TraceAsync(ids);
        Assert.Equal(7, here.Hidden.Count);
        Assert.All(here.Hidden.Zip(there.Hidden), pair => Assert.Equal(Bits(pair.First), Bits(pair.Second)));
        Assert.Equal(Bits(here.Logits), Bits(there.Logits));
        Assert.Equal(ids.Length * Model.Model.VocabularySize, here.Logits.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_dies_between_turns_or_in_one_changes_no_byte_of_a_conversation(bool isInTurn)
    {
        TextOptions options = Options with { MaxTokens = 40, IgnoreEndTokens = true };
        await using ChatSession alone = Model.StartChat(options);
        await using BlockServer left = await BlockServer.StartAsync(BardText.Folder, new BlockRange(0, 1));
        await using BlockServer first = await BlockServer.StartAsync(BardText.Folder, new BlockRange(2, 5));
        await using BlockServer second = await BlockServer.StartAsync(BardText.Folder, new BlockRange(2, 5));
        ConnectOptions connect = new() { Servers = [left.Address, first.Address, second.Address], ComputesLostBlocks = false };
        await using LanguageModel through = await LanguageModel.ConnectAsync("bard", connect);
        await using ChatSession chat = through.StartChat(options);
        List<TextResult> answers = [];
        foreach (string message in (string[])["Who art thou?", "And thou?", "Farewell."])
        {
            await alone.AnswerAsync(message).ToResultAsync();
            BlockServer? used = answers.Count == 1 ? (answers[0].Holders[1].Name == first.Address ? first : second) : null;
            await (used is null || isInTurn ? ValueTask.CompletedTask : used.DisposeAsync());
            GeneratedText answer = chat.AnswerAsync(message);
            int pieces = 0;
            await foreach (string piece in answer)
            {
                await (used is not null && isInTurn && ++pieces == 5 ? used.DisposeAsync() : ValueTask.CompletedTask);
            }

            answers.Add(answer.Result);
        }

        Assert.Equal(alone.Messages, chat.Messages);
        Assert.NotEqual(answers[0].Holders[1].Name, answers[2].Holders[1].Name);
        if (isInTurn) // else the next turn may begin a session of its own
        {
            Assert.Equal(RecoveryKind.Replace, Assert.Single(answers.SelectMany(answer => answer.Recoveries)).Kind);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(40)]
    public async Task A_text_in_a_file_goes_on_in_another_process_as_if_there_had_been_one(int written)
    {
        TextOptions options = Options with { MaxTokens = 40, IgnoreEndTokens = true, FrequencyPenalty = 0.3f, RepetitionPenalty = 1.1f };
        TextResult whole = await Model.GenerateAsync("HAMLET.", options).ToResultAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("whorl-saved-").FullName, "text");
        await Model.GenerateInFileAsync(file, "HAMLET.", options).ToResultAsync();
        SavedText saved = await SavedText.LoadAsync(file, CancellationToken.None);
        Assert.Equal((StopReason.MaxTokens, 40), (saved.StopReason, saved.Ids.Count));
        await (saved with { Ids = [.. saved.Ids.Take(written)], StopReason = StopReason.None }).SaveAsync(file, CancellationToken.None);

        await using LanguageModel other = await LanguageModel.LoadAsync("bard", new ModelOptions { Threads = 1 });
        string text = "";
        GeneratedText again = other.GenerateInFileAsync(file, prompt: null);
        await foreach (string piece in again)
        {
            text += piece;
        }

        Assert.Equal((whole.Text, whole.Text, whole.Seed), (text, again.Result.Text, again.Result.Seed));
        Assert.Equal(whole.Ids, again.Result.Ids);
        SavedText now = await SavedText.LoadAsync(file, CancellationToken.None);
        Assert.Equal((StopReason.MaxTokens, 40), (now.StopReason, now.Ids.Count));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_file_that_is_no_saved_text_is_refused_and_left_as_it_is()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-saved-").FullName, file = Path.Combine(folder, "text");
        await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateInFileAsync(file, prompt: null).ToResultAsync());
        await Model.GenerateInFileAsync(file, "HAMLET.", Options with { MaxTokens = 2 }).ToResultAsync();
        await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateInFileAsync(file, "HAMLET.").ToResultAsync());
        string right = await File.ReadAllTextAsync(file);
        string[] wrong =
        [
            "",
            "[]",
            "null",
            "{}",
            right[..^9],
            right.Replace("whorl-text-1", "whorl-text-2", StringComparison.Ordinal),
            right.Replace("\"prompt\":\"", "\"prompt\":\"-1 ", StringComparison.Ordinal),
            right.Replace("\"model\":\"", "\"model\":\"x", StringComparison.Ordinal),
            right.Replace("\"ids\":\"", "\"ids\":\"99999999 ", StringComparison.Ordinal),
            right.Replace("\"top_p\":", "\"top_p\":7", StringComparison.Ordinal),
        ];
        foreach (string text in wrong)
        {
            await File.WriteAllTextAsync(file, text);
            await Assert.ThrowsAsync<WhorlException>(() => Model.GenerateInFileAsync(file, prompt: null).ToResultAsync());
            Assert.Equal(text, await File.ReadAllTextAsync(file));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_session_longer_than_a_server_takes_is_refused_with_what_to_do()
    {
        await using BlockServer server = await BlockServer.StartAsync(BardText.Folder, new BlockRange(0, 5));
        await using LanguageModel through = await LanguageModel.ConnectAsync("bard", new ConnectOptions { Servers = [server.Address] });
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => through.GenerateAsync("HAMLET.", Options with { Context = int.MaxValue }).ToResultAsync());
        Assert.Contains("16777216; give a smaller context", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_closed_ends_what_is_written_and_writes_no_more()
    {
        LanguageModel model = await LanguageModel.LoadAsync("bard", new ModelOptions { Threads = 1 });
        ChatSession chat = model.StartChat();
        GeneratedText stream = model.GenerateAsync("HAMLET.", new TextOptions { Seed = 7, MaxTokens = 1_000_000, Context = 1_000_100, IgnoreEndTokens = true });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in stream)
            {
                _ = model.DisposeAsync().AsTask();
            }
        });
        await model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync("HAMLET.").ToResultAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => chat.AnswerAsync("Hail").ToResultAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.TraceAsync([5]));
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
