using Whorl.Client;
using Whorl.Generation;

namespace Whorl.Tests;

/// <summary>Conversations as a program has them; what a person sees of them is tested with the command line.</summary>
public sealed class ChatSessionTests
{
    private static readonly ModelText Text = BardText.Load();
    private static readonly TextOptions Options = new() { Seed = 7, MaxTokens = 24, Temperature = 0.8f, IgnoreEndTokens = true, Context = 512 };

    private readonly HashModel _model = new() { Never = [0, 1] };

    [Fact]
    public async Task An_answer_comes_in_pieces_and_becomes_part_of_the_conversation()
    {
        await using ChatSession chat = Open(Options with { System = "A tavern." });
        GeneratedText answer = chat.AnswerAsync("Who art thou?");
        Assert.Empty(chat.Messages);
        string text = "";
        await foreach (string piece in answer)
        {
            text += piece;
        }

        Assert.Equal([new("user", "Who art thou?"), new("assistant", text)], chat.Messages);
        Assert.Equal((text, StopReason.MaxTokens, 24), (answer.Result.Text, answer.Result.StopReason, answer.Result.Ids.Count));
        Assert.Equal(Text.EncodeConversation([new("system", "A tavern."), new("user", "Who art thou?")]), answer.Result.PromptIds);
        TextResult second = await chat.AnswerAsync("And thou?").ToResultAsync();
        Assert.Equal(Text.EncodeConversation([new("system", "A tavern."), .. chat.Messages.Take(3)]), second.PromptIds);
    }

    [Fact]
    public async Task An_answer_that_came_to_a_limit_goes_on_as_if_there_had_been_none()
    {
        await using ChatSession whole = Open(Options with { MaxTokens = 48 });
        await whole.AnswerAsync("Who art thou?").ToResultAsync();
        await using ChatSession chat = Open(Options);
        await chat.AnswerAsync("Who art thou?").ToResultAsync();
        await chat.ContinueAsync().ToResultAsync();
        Assert.Equal(whole.Messages, chat.Messages);
    }

    [Fact]
    public async Task Another_answer_has_another_seed()
    {
        await using ChatSession chat = Open(Options);
        TextResult first = await chat.AnswerAsync("Who art thou?").ToResultAsync(), second = await chat.RetryAsync().ToResultAsync();
        Assert.Equal((7ul, 8ul, 2), (first.Seed, second.Seed, chat.Messages.Count));
        Assert.NotEqual(first.Text, second.Text);
    }

    [Fact]
    public async Task What_there_is_of_an_answer_that_is_stopped_is_kept_and_can_go_on()
    {
        await using ChatSession whole = Open(Options);
        await whole.AnswerAsync("Who art thou?").ToResultAsync();
        await using ChatSession chat = Open(Options);
        using CancellationTokenSource stopping = new();
        int pieces = 0;
        _model.OnStep = async (_, _) =>
        {
            if (++pieces == 5)
            {
                await stopping.CancelAsync();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.AnswerAsync("Who art thou?").ToResultAsync(stopping.Token));
        Assert.StartsWith(chat.Messages[1].Content, whole.Messages[1].Content, StringComparison.Ordinal);
        Assert.NotEqual(whole.Messages, chat.Messages);
        await chat.ContinueAsync().ToResultAsync();
        Assert.Equal(whole.Messages, chat.Messages);
    }

    [Fact]
    public async Task A_message_that_was_not_answered_is_taken_back()
    {
        await using ChatSession chat = Open(Options with { Context = 16 });
        ContextFullException full = await Assert.ThrowsAsync<ContextFullException>(() => chat.AnswerAsync(string.Concat(Enumerable.Repeat("word ", 40))).ToResultAsync());
        Assert.Equal(16, full.Context);
        Assert.Empty(chat.Messages);
        using CancellationTokenSource stopped = new();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.AnswerAsync("Hi").ToResultAsync(stopped.Token));
        Assert.Empty(chat.Messages);
        await Assert.ThrowsAsync<InvalidOperationException>(() => chat.RetryAsync().ToResultAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => chat.ContinueAsync().ToResultAsync());
    }

    [Fact]
    public async Task A_server_that_dies_changes_no_byte_and_is_told_of()
    {
        await using ChatSession whole = Open(Options);
        await whole.AnswerAsync("Who art thou?").ToResultAsync();
        int steps = 0;
        _model.OnStep = (_, _) => ++steps == 9 ? throw new SessionLostException("s1", new(0, 2), new IOException("cut")) : ValueTask.CompletedTask;
        await using ChatSession chat = Open(Options);
        List<string> notices = [];
        chat.Notice = notices.Add;
        await chat.AnswerAsync("Who art thou?").ToResultAsync();
        Assert.Equal(whole.Messages, chat.Messages);
        Assert.Equal("server s1, which computed blocks 0..2, is gone: cut; looking for another way", Assert.Single(notices));
    }

    [Fact]
    public async Task One_answer_at_a_time_is_written()
    {
        TaskCompletionSource begun = new(), free = new();
        _model.OnStep = async (_, _) =>
        {
            begun.TrySetResult();
            await free.Task;
        };
        await using ChatSession chat = Open(Options);
        Task<TextResult> first = chat.AnswerAsync("Who art thou?").ToResultAsync();
        await begun.Task;
        await Assert.ThrowsAsync<InvalidOperationException>(() => chat.AnswerAsync("And thou?").ToResultAsync());
        free.SetResult();
        Assert.Equal((await first).Text, chat.Messages[^1].Content);
        Assert.Equal(2, chat.Messages.Count);
    }

    [Fact]
    public async Task Where_a_full_context_leaves_turns_out_that_is_told()
    {
        await using ChatSession chat = Open(Options with { Context = 100 });
        List<string> notices = [];
        chat.Notice = notices.Add;
        for (int i = 0; i < 4; i++)
        {
            await chat.AnswerAsync("Who art thou, and what is the hour?").ToResultAsync();
        }

        Assert.Equal(8, chat.Messages.Count);
        Assert.InRange(chat.Used, 1, 100);
        Assert.Contains(notices, n => n.Contains("no longer sees", StringComparison.Ordinal));
    }

    private ChatSession Open(TextOptions options) => new(_model, Text, options);
}
