using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>A text that was written, and how it went.</summary>
internal sealed record TextResult
{
    public required int[] PromptIds { get; init; }

    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Null for a model without a tokenizer.</summary>
    public required string? Text { get; init; }

    public required StopReason StopReason { get; init; }

    public required TimeSpan Prefill { get; init; }

    public required TimeSpan Decode { get; init; }

    /// <summary>Tokens computed one by one after the prompt.</summary>
    public required int DecodeSteps { get; init; }

    public required IReadOnlyList<BlockHolder> Holders { get; init; }
}
