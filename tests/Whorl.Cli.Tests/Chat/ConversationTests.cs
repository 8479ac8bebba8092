using Whorl.Cli.Chat;
using Whorl.Client;
using Whorl.Tests;

namespace Whorl.Cli.Tests.Chat;

/// <summary>A conversation, and what may befall it.</summary>
public sealed class ConversationTests
{
    private static readonly ModelText Text = BardText.Load();
    private static readonly TextOptions Request = new()
    {
        Seed = 7,
        MaxTokens = 24,
        Temperature = 0.8f,
        IgnoreEndTokens = true,
        FrequencyPenalty = 0.5f,
        RepetitionPenalty = 1.1f,
    };

    private readonly HashModel _model = new() { Never = [0, 1] };
    private readonly RecordingOutput _output = new();

    [Fact]
    public async Task Every_message_is_answered_with_all_that_was_said_before()
    {
        await using Conversation chat = Open();
        chat.Chat.SetSystem("A tavern.");
        await chat.AnswerAsync("Who art thou?", default);
        await chat.AnswerAsync("And thou?", default);
        Assert.Equal(["user", "assistant", "user", "assistant"], chat.Chat.Messages.Select(m => m.Role));
        string second = _output.TakeAnswer()[chat.Chat.Messages[1].Content.Length..];
        Assert.Equal(chat.Chat.Messages[3].Content, second);
        int[] prompt = Text.EncodeConversation([new("system", "A tavern."), .. chat.Chat.Messages.Take(3)]);
        Assert.Equal(await FreshAsync(prompt), second);
        Assert.Equal(prompt.Length + 24, chat.Chat.Used);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(23)]
    public async Task A_server_that_dies_in_an_answer_changes_no_byte_of_it(int stepsBefore)
    {
        string undisturbed = await AnswerAsync("Who art thou?");
        int steps = 0, opened = 0;
        _model.OnStep = (_, _) => ++steps == stepsBefore ? throw new SessionLostException("s1", new(0, 2), new IOException("cut")) : default;
        _model.OnOpen = () => opened++;
        await using Conversation chat = Open();
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Equal(undisturbed, _output.TakeAnswer());
        Assert.Equal(2, opened);
        Assert.Contains(_output.Notes, n => n.Contains("server s1", StringComparison.Ordinal) && n.Contains("another way", StringComparison.Ordinal));
        Assert.Equal(undisturbed, chat.Chat.Messages[1].Content);
    }

    [Fact]
    public async Task Where_there_is_no_other_way_the_answer_breaks_off_and_goes_on_later_to_the_same_bytes()
    {
        string undisturbed = await AnswerAsync("Who art thou?");
        int steps = 0;
        bool isAway = false;
        _model.OnStep = (_, _) => ++steps == 10 && (isAway = true) ? throw new SessionLostException("s1", new(0, 2), new IOException("cut")) : default;
        _model.OnOpen = () => _ = isAway ? throw new NoRouteException("no server has blocks 0..2") : 0;
        await using Conversation chat = Open();
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Contains(_output.Notes, n => n.Contains("no server has blocks 0..2", StringComparison.Ordinal));
        Assert.Contains(_output.Notes, n => n.Contains("/retry", StringComparison.Ordinal));
        Assert.Equal(2, chat.Chat.Messages.Count);
        Assert.StartsWith(chat.Chat.Messages[1].Content, undisturbed, StringComparison.Ordinal);
        isAway = false;
        await chat.RetryAsync(default);
        Assert.Equal((undisturbed, undisturbed), (_output.TakeAnswer(), chat.Chat.Messages[1].Content));
    }

    [Fact]
    public async Task An_answer_for_whose_blocks_a_session_has_waited_in_vain_is_not_begun_anew()
    {
        int opened = 0;
        _model.OnOpen = () => opened++;
        _model.OnStep = (_, _) => throw new SessionLostException("s1", new(0, 2), new NoRouteException("nobody came within 60 s"));
        await using Conversation chat = Open();
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Equal(1, opened);
        Assert.Contains(_output.Notes, n => n.Contains("nobody came within 60 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_nobody_could_answer_makes_room_for_the_next()
    {
        _model.OnOpen = () => throw new NoRouteException("nobody");
        await using Conversation chat = Open();
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Single(chat.Chat.Messages);
        _model.OnOpen = () => { };
        await chat.AnswerAsync("And thou?", default);
        Assert.Equal(["And thou?", _output.Answers], chat.Chat.Messages.Select(m => m.Content));
    }

    [Fact]
    public async Task Ctrl_C_stops_an_answer_keeps_it_and_the_session_goes_on()
    {
        string undisturbed = await AnswerAsync("Who art thou?");
        await using Conversation chat = Open();
        StopAfter(chat, 5);
        await chat.AnswerAsync("Who art thou?", default);
        string sofar = chat.Chat.Messages[1].Content;
        Assert.True(sofar.Length > 0 && sofar.Length < undisturbed.Length && undisturbed.StartsWith(sofar, StringComparison.Ordinal));
        Assert.Contains(_output.Notes, n => n.StartsWith("[stopped", StringComparison.Ordinal));
        _output.OnAnswer = () => { };
        await chat.ContinueAsync(default);
        Assert.Equal((undisturbed, undisturbed), (_output.TakeAnswer(), chat.Chat.Messages[1].Content));
        Assert.Equal(2, _model.Opened.Count); // one for each conversation
    }

    [Fact]
    public async Task After_a_stopped_answer_the_next_one_is_that_of_a_new_session()
    {
        await using Conversation chat = Open();
        StopAfter(chat, 5);
        await chat.AnswerAsync("Who art thou?", default);
        _output.OnAnswer = () => { };
        _output.TakeAnswer();
        await chat.AnswerAsync("And thou?", default);
        Assert.Equal(await FreshAsync(Text.EncodeConversation([.. chat.Chat.Messages.Take(3)])), _output.TakeAnswer());
    }

    [Fact]
    public async Task Ctrl_C_before_the_first_token_takes_the_message_back()
    {
        await using Conversation chat = Open();
        Action? stop = null;
        chat.Interruptible = action => stop = action ?? stop;
        _model.OnStep = async (_, token) =>
        {
            stop!();
            stop!(); // at once, without the time of grace
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Empty(chat.Chat.Messages);
        Assert.Contains(_output.Notes, n => n.Contains("taken back", StringComparison.Ordinal));
        _model.OnStep = (_, _) => default;
        await chat.AnswerAsync("Who art thou?", default);
        Assert.Equal(await AnswerAsync("Who art thou?"), chat.Chat.Messages[1].Content);
    }

    [Fact]
    public async Task A_full_context_forgets_the_oldest_turns_and_never_the_system_prompt()
    {
        await using Conversation chat = Open(context: 200);
        chat.Chat.SetSystem("A tavern.");
        for (int i = 0; i < 12; i++)
        {
            await chat.AnswerAsync($"Question {i}?", default);
            Assert.True(chat.Chat.Used <= 200);
        }

        Assert.Equal(24, chat.Chat.Messages.Count);
        string note = _output.Notes.First(n => n.Contains("no longer sees", StringComparison.Ordinal));
        Assert.Contains("200 tokens", note, StringComparison.Ordinal);
        Assert.True(_output.Notes.Count(n => n.Contains("no longer sees", StringComparison.Ordinal)) < 8, "every answer shifted");
        string last = chat.Chat.Messages[23].Content;
        List<int> told = [];
        for (int first = 0; first < 12; first++)
        {
            int[] prompt = Text.EncodeConversation([new("system", "A tavern."), .. chat.Chat.Messages.Take(23).Skip(2 * first)]);
            if (prompt.Length <= 200 && await FreshAsync(prompt, 200) == last)
            {
                told.Add(first);
            }
        }

        Assert.NotEqual(0, Assert.Single(told));
    }

    [Fact]
    public async Task An_answer_that_fills_the_context_goes_on_without_the_oldest_turns()
    {
        await using Conversation chat = Open(context: 160, request: Request with { MaxTokens = 40 });
        await chat.AnswerAsync("One?", default);
        await chat.AnswerAsync("Two?", default);
        chat.Chat.Options = Request with { MaxTokens = 90 };
        await chat.AnswerAsync("Three?", default);
        Assert.Contains(_output.Notes, n => n.Contains("no longer sees", StringComparison.Ordinal));
        Assert.Contains(_output.Notes, n => n.StartsWith("[90 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_without_a_limit_ends_with_the_context_and_says_so()
    {
        await using Conversation chat = Open(context: 100, request: Request with { MaxTokens = null });
        await chat.AnswerAsync("One?", default);
        Assert.Contains(_output.Notes, n => n.Contains("the context of 100 tokens is full", StringComparison.Ordinal) && n.Contains("/set context", StringComparison.Ordinal));
        chat.Chat.Context = 200;
        await chat.ContinueAsync(default);
        Assert.Equal(await AnswerAsync("One?", 200, Request with { MaxTokens = null }), chat.Chat.Messages[1].Content);
    }

    [Fact]
    public async Task An_answer_that_max_tokens_ends_says_so_and_can_go_on()
    {
        await using Conversation chat = Open(request: Request with { MaxTokens = 8 });
        await chat.AnswerAsync("One?", default);
        Assert.Contains(_output.Notes, n => n.Contains("max_tokens = 8", StringComparison.Ordinal));
        await chat.ContinueAsync(default);
        await chat.ContinueAsync(default);
        Assert.Equal(await AnswerAsync("One?"), chat.Chat.Messages[1].Content);
    }

    [Fact]
    public async Task A_message_longer_than_the_context_is_taken_back()
    {
        await using Conversation chat = Open(context: 60);
        await chat.AnswerAsync("One?", default);
        await chat.AnswerAsync(string.Concat(Enumerable.Repeat("To be, or not to be? ", 40)), default);
        Assert.Equal(2, chat.Chat.Messages.Count);
        Assert.Contains(_output.Notes, n => n.Contains("holds 60", StringComparison.Ordinal) && n.Contains("taken back", StringComparison.Ordinal));
        await chat.AnswerAsync("Two?", default);
        Assert.Equal(4, chat.Chat.Messages.Count);
    }

    [Fact]
    public async Task An_answer_that_ended_is_written_anew_with_another_seed()
    {
        await using Conversation chat = Open();
        await chat.AnswerAsync("One?", default);
        string first = _output.TakeAnswer();
        await chat.RetryAsync(default);
        string second = _output.TakeAnswer();
        Assert.NotEqual(first, second);
        Assert.Equal(second, chat.Chat.Messages[1].Content);
        Assert.Equal(await AnswerAsync("One?", request: Request with { Seed = 8 }), second);
    }

    [Fact]
    public async Task Without_a_template_each_message_is_a_text_by_itself()
    {
        await using Conversation chat = Open(isRaw: true);
        await chat.AnswerAsync("HAMLET.", default);
        await chat.AnswerAsync("ROMEO.", default);
        Assert.Equal(await FreshAsync(Text.Encode("ROMEO.", new TextOptions { UsesTemplate = false })), chat.Chat.Messages[3].Content);
        Assert.Throws<WhorlException>(() => chat.Chat.SetSystem("x"));
    }

    private static async Task<string> FreshAsync(int[] prompt, int context = 512, TextOptions? request = null)
    {
        await using TextWriterSession writer = new(new HashModel { Never = [0, 1] }, Text, request ?? Request);
        return (await writer.WriteAsync(prompt, context, _ => { }, CancellationToken.None)).Text!;
    }

    /// <summary>The answer of an undisturbed conversation.</summary>
    private async Task<string> AnswerAsync(string message, int context = 512, TextOptions? request = null)
    {
        RecordingOutput output = new();
        (Action onOpen, _model.OnOpen) = (_model.OnOpen, () => { });
        await using Conversation chat = new(new ChatSession(_model, Text, (request ?? Request) with { Context = context }), output);
        await chat.AnswerAsync(message, default);
        _model.OnOpen = onOpen;
        return output.Answers;
    }

    private Conversation Open(int context = 512, TextOptions? request = null, bool isRaw = false) =>
        new(new ChatSession(_model, Text, (request ?? Request) with { Context = context, UsesTemplate = isRaw ? false : null }), _output);

    private void StopAfter(Conversation chat, int pieces)
    {
        Action? stop = null;
        chat.Interruptible = action => stop = action;
        int seen = 0;
        _output.OnAnswer = () => (++seen == pieces ? stop : null)?.Invoke();
    }
}
