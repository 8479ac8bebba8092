using Microsoft.Extensions.AI;
using Whorl.Tokenizers;

namespace Whorl.Tests;

/// <summary>The model as programs of Microsoft.Extensions.AI know models.</summary>
public sealed class ChatClientTests(BardFixture bard) : IClassFixture<BardFixture>
{
    private const string Question = "Who art thou?";

    private readonly IChatClient _client = bard.Model.AsChatClient(new TextOptions { Seed = 7, MaxTokens = 16 });

    [Fact]
    public async Task An_answer_is_what_a_conversation_says()
    {
        await using ChatSession chat = bard.Model.StartChat(new TextOptions { Seed = 3, MaxTokens = 20, Temperature = 0.5f, TopK = 20, TopP = 0.9f, System = "A tavern." });
        TextResult wanted = await chat.AnswerAsync(Question).ToResultAsync();
        ChatResponse response = await _client.GetResponseAsync(
            [new(ChatRole.System, "A tavern."), new(ChatRole.User, Question)],
            new ChatOptions { Seed = 3, MaxOutputTokens = 20, Temperature = 0.5f, TopK = 20, TopP = 0.9f });
        Assert.Equal(wanted.Text, response.Text);
        Assert.Equal((ChatRole.Assistant, bard.Model.Name), (Assert.Single(response.Messages).Role, response.ModelId));
        Assert.Equal(3ul, response.AdditionalProperties!["seed"]);
        Assert.Equal(
            (wanted.PromptIds.Count, wanted.Ids.Count, wanted.PromptIds.Count + wanted.Ids.Count),
            ((int)response.Usage!.InputTokenCount!, (int)response.Usage.OutputTokenCount!, (int)response.Usage.TotalTokenCount!));
        Assert.Equal(wanted.Ids.Count == 20 ? ChatFinishReason.Length : ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task Updates_are_the_answer_in_pieces()
    {
        ChatResponse whole = await _client.GetResponseAsync(Question);
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync(Question))
        {
            updates.Add(update);
        }

        Assert.True(updates.Count > 5, "it comes in pieces");
        Assert.All(updates, u => Assert.Equal((ChatRole.Assistant, updates[0].ResponseId, bard.Model.Name), (u.Role!.Value, u.ResponseId, u.ModelId)));
        ChatResponse joined = updates.ToChatResponse();
        Assert.Equal(whole.Text, joined.Text);
        Assert.Equal((whole.FinishReason, whole.Usage!.TotalTokenCount), (joined.FinishReason, joined.Usage!.TotalTokenCount));
    }

    [Fact]
    public async Task Instructions_are_a_system_message_before_others()
    {
        ChatResponse alone = await _client.GetResponseAsync(Question, new ChatOptions { Instructions = "A tavern." });
        Assert.Equal((await _client.GetResponseAsync([new(ChatRole.System, "A tavern."), new(ChatRole.User, Question)])).Text, alone.Text);
        ChatResponse both = await _client.GetResponseAsync([new(ChatRole.System, "Night."), new(ChatRole.User, Question)], new ChatOptions { Instructions = "A tavern." });
        Assert.Equal((await _client.GetResponseAsync([new(ChatRole.System, "A tavern.\n\nNight."), new(ChatRole.User, Question)])).Text, both.Text);
    }

    [Fact]
    public async Task Stop_sequences_and_penalties_reach_the_text()
    {
        ChatResponse whole = await _client.GetResponseAsync(Question);
        string stop = whole.Text[(whole.Text.Length / 2)..][..3];
        ChatResponse stopped = await _client.GetResponseAsync(Question, new ChatOptions { StopSequences = [stop] });
        Assert.Equal((whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason!.Value));
        ChatOptions penalised = new() { FrequencyPenalty = 2, PresencePenalty = 2, AdditionalProperties = new() { ["repetition_penalty"] = 1.5, ["min_p"] = 0.2f } };
        TextOptions same = new() { Seed = 7, MaxTokens = 16, FrequencyPenalty = 2, PresencePenalty = 2, RepetitionPenalty = 1.5f, MinP = 0.2f };
        Assert.Equal(
            (await bard.Model.StartChat(same).AnswerAsync(Question).ToResultAsync()).Text, (await _client.GetResponseAsync(Question, penalised)).Text);
    }

    [Fact]
    public async Task A_conversation_that_goes_on_is_not_computed_again()
    {
        List<ChatMessage> messages = [new(ChatRole.User, Question)];
        ChatResponse first = await _client.GetResponseAsync(messages);
        Assert.Equal(0, first.Usage!.CachedInputTokenCount);
        messages.AddRange([.. first.Messages, new ChatMessage(ChatRole.User, "And thou?")]);
        ChatResponse second = await _client.GetResponseAsync(messages);
        await using LanguageModel fresh = await LanguageModel.LoadAsync("bard");
        ChatResponse anew = await fresh.AsChatClient(new TextOptions { Seed = 7, MaxTokens = 16 }).GetResponseAsync(messages);
        Assert.Equal(anew.Text, second.Text);
        Assert.True(second.Usage!.CachedInputTokenCount > first.Usage.InputTokenCount, $"{second.Usage.CachedInputTokenCount} tokens were held");
    }

    [Fact]
    public async Task Requests_at_the_same_time_are_answered_as_alone()
    {
        string[] questions = [Question, "What is the hour?", "Where is the king?", "Speak!"];
        List<string> alone = [];
        foreach (string question in questions)
        {
            alone.Add((await _client.GetResponseAsync(question)).Text);
        }

        Assert.Equal(alone, (await Task.WhenAll(questions.Select(q => _client.GetResponseAsync(q)))).Select(r => r.Text));
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "tools", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] } },
        { "tool mode", new ChatOptions { ToolMode = ChatToolMode.RequireAny } },
        { "JSON", new ChatOptions { ResponseFormat = ChatResponseFormat.Json } },
        { "JSON", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(System.Text.Json.JsonDocument.Parse("{}").RootElement) } },
        { "conversation", new ChatOptions { ConversationId = "1" } },
        { "background", new ChatOptions { AllowBackgroundResponses = true } },
        { "reasoning", new ChatOptions { Reasoning = new ReasoningOptions() } },
        { "raw representation", new ChatOptions { RawRepresentationFactory = _ => null } },
        { "gpt-5", new ChatOptions { ModelId = "gpt-5" } },
        { "'top_a'", new ChatOptions { AdditionalProperties = new() { ["top_a"] = 1 } } },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_not_supported_is_refused_by_name(string words, ChatOptions options)
    {
        Assert.Contains(words, (await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync(Question, options))).Message, StringComparison.Ordinal);
        NotSupportedException e = await Assert.ThrowsAsync<NotSupportedException>(async () =>
        {
            await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync(Question, options))
            {
                Assert.Fail($"an update: {update}");
            }
        });
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_ask_for_nothing_are_taken()
    {
        ChatOptions nothing = new()
        {
            Tools = [],
            ToolMode = ChatToolMode.Auto,
            ResponseFormat = ChatResponseFormat.Text,
            ModelId = bard.Model.Name,
            AdditionalProperties = [],
        };
        Assert.Equal((await _client.GetResponseAsync(Question)).Text, (await _client.GetResponseAsync(Question, nothing)).Text);
    }

    [Fact]
    public async Task A_picture_and_no_message_are_refused()
    {
        ChatMessage picture = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        Assert.Contains("DataContent", (await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync(picture))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync([new ChatMessage(ChatRole.System, "x")]));
    }

    [Fact]
    public async Task A_conversation_beyond_the_context_is_refused_with_both_numbers()
    {
        IChatClient small = bard.Model.AsChatClient(new TextOptions { Context = 32 });
        ContextFullException full = await Assert.ThrowsAsync<ContextFullException>(() => small.GetResponseAsync(string.Concat(Enumerable.Repeat("word ", 40))));
        Assert.Equal(32, full.Context);
        Assert.True(full.Tokens > 32);
    }

    [Fact]
    public void It_tells_what_it_is()
    {
        ChatClientMetadata metadata = _client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("whorl", bard.Model.Name), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(bard.Model, _client.GetService<LanguageModel>());
        Assert.Same(bard.Model.Tokenizer, _client.GetService<Tokenizer>());
        Assert.Same(_client, _client.GetService<IChatClient>());
        Assert.Null(_client.GetService<IChatClient>("another"));
        Assert.Null(_client.GetService<string>());
    }
}
