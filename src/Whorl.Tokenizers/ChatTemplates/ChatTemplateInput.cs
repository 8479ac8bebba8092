using System.Text.Json;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What a chat template is rendered with: the conversation and the variables templates know by name.</summary>
public sealed record ChatTemplateInput
{
    /// <summary>The conversation: an array of objects with at least <c>role</c> and mostly <c>content</c>. Key order is kept.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>The tools the model may call, an array of JSON schemas; the template sees null where there are none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Documents for retrieval-augmented generation, an array of objects; the template sees null where there are none.</summary>
    public JsonElement? Documents { get; init; }

    /// <summary>Whether the text ends with the opening of an assistant's turn.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Whether the text is cut right behind the last message, for the model to go on with it.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The text of the beginning-of-sequence token; null leaves the variable undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the end-of-sequence token; null leaves the variable undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>Further variables for the template (<c>enable_thinking</c>, <c>date_string</c>, …); they win over those above.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The clock that <c>strftime_now</c> reads, in its local time zone.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
