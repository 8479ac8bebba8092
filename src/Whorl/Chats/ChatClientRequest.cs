using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace Whorl;

/// <summary>What a request to an <see cref="IChatClient"/> comes to: what is not supported is refused, never passed over.</summary>
/// <param name="Messages">The conversation, with the system message.</param>
/// <param name="Options">How the answer is written.</param>
internal sealed record ChatClientRequest(IReadOnlyList<ConversationMessage> Messages, TextOptions Options)
{
    private const string MinP = "min_p";
    private const string RepetitionPenalty = "repetition_penalty";

    /// <summary>Reads a request.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">What is asked for; null for nothing.</param>
    /// <param name="own">What holds where nothing is asked.</param>
    /// <param name="model">What the model is called.</param>
    /// <exception cref="NotSupportedException">It asks for what cannot be done.</exception>
    /// <exception cref="ArgumentException">It has no message, or a value that cannot be.</exception>
    public static ChatClientRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options, TextOptions own, string model)
    {
        Refuse(options, model);
        List<ConversationMessage> told = [.. messages.Select(m => new ConversationMessage(m.Role.Value, TextOf(m)))];
        if (!told.Exists(m => m.Role != ConversationMessage.System))
        {
            throw new ArgumentException("there is no message to answer", nameof(messages));
        }

        if (options?.Instructions is { Length: > 0 } instructions)
        {
            if (told[0].Role == ConversationMessage.System)
            {
                told[0] = told[0] with { Content = $"{instructions}\n\n{told[0].Content}" }; // templates take one system message
            }
            else
            {
                told.Insert(0, new ConversationMessage(ConversationMessage.System, instructions));
            }
        }

        if (own.System is { } system && told[0].Role != ConversationMessage.System)
        {
            told.Insert(0, new ConversationMessage(ConversationMessage.System, system));
        }

        return new ChatClientRequest(told, options is null ? own : Merge(options, own));
    }

    private static void Refuse(ChatOptions? options, string model)
    {
        string? refused = options switch
        {
            null => null,
            { Tools.Count: > 0 } => "tools are",
            { ToolMode: not (null or NoneChatToolMode or AutoChatToolMode) } => "a tool mode that requires tools is",
            { ResponseFormat: not (null or ChatResponseFormatText) } => "an answer in JSON is",
            { ConversationId: not null } => "a conversation that is kept here is",
            { ContinuationToken: not null } or { AllowBackgroundResponses: true } => "an answer in the background is",
            { Reasoning: not null } => "a measure of reasoning is",
            { RawRepresentationFactory: not null } => "a raw representation is",
            { ModelId: { } other } when other != model => $"another model ({other}; this is {model}) is",
            _ => null,
        };
        if (refused is not null)
        {
            throw new NotSupportedException($"{refused} not supported; leave it out of the options");
        }
    }

    private static TextOptions Merge(ChatOptions options, TextOptions own)
    {
        TextOptions merged = own with
        {
            Temperature = options.Temperature ?? own.Temperature,
            TopP = options.TopP ?? own.TopP,
            TopK = options.TopK ?? own.TopK,
            MaxTokens = options.MaxOutputTokens ?? own.MaxTokens,
            PresencePenalty = options.PresencePenalty ?? own.PresencePenalty,
            FrequencyPenalty = options.FrequencyPenalty ?? own.FrequencyPenalty,
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : own.Seed,
            StopStrings = [.. own.StopStrings, .. options.StopSequences ?? []],
        };
        foreach ((string name, object? value) in options.AdditionalProperties ?? [])
        {
            merged = name switch
            {
                MinP => merged with { MinP = Number(name, value) },
                RepetitionPenalty => merged with { RepetitionPenalty = Number(name, value) },
                _ => throw new NotSupportedException($"the additional property '{name}' is not supported; there are {MinP} and {RepetitionPenalty}"),
            };
        }

        return merged;
    }

    private static float? Number(string name, object? value)
    {
        try
        {
            return value is null ? null : Convert.ToSingle(value is System.Text.Json.JsonElement json ? json.GetDouble() : value, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException or InvalidOperationException)
        {
            throw new ArgumentException($"the additional property '{name}' is no number");
        }
    }

    private static string TextOf(ChatMessage message)
    {
        StringBuilder text = new();
        foreach (AIContent content in message.Contents)
        {
            if (content is TextContent part)
            {
                text.Append(part.Text);
            }
            else if (content is not (TextReasoningContent or UsageContent)) // which are about an answer, and not said
            {
                throw new NotSupportedException($"a message of {message.Role} has {content.GetType().Name}; only text is supported");
            }
        }

        return text.ToString();
    }
}
