using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Generation.Speculation;
using Whorl.Models;

namespace Whorl;

/// <summary>A text that was written, and how it went.</summary>
public sealed record TextResult
{
    /// <summary>The prompt's tokens.</summary>
    public required IReadOnlyList<int> PromptIds { get; init; }

    /// <summary>The tokens that were written; one that ended the text is not among them.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>What was written; null for a model without a tokenizer.</summary>
    public required string? Text { get; init; }

    /// <summary>Why it ended; <see cref="StopReason.None"/> where it was stopped or broke off.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>The seed that gives the same text.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Tokens of the prompt that were computed; the others were held from an earlier text.</summary>
    public required int PrefillTokens { get; init; }

    /// <summary>How long the prompt took.</summary>
    public required TimeSpan Prefill { get; init; }

    /// <summary>How long the tokens took.</summary>
    public required TimeSpan Decode { get; init; }

    /// <summary>Tokens computed one by one after the prompt.</summary>
    public required int DecodeSteps { get; init; }

    /// <summary>Who computed the blocks; none where a session was lost.</summary>
    public required IReadOnlyList<BlockHolder> Holders { get; init; }

    /// <summary>Servers that were lost while it was written, and who took their place.</summary>
    /// <value>empty</value>
    public IReadOnlyList<SessionRecovery> Recoveries { get; init; } = [];

    /// <summary>What guessing ahead has come to, in all texts of the writer; null where nobody did.</summary>
    public SpeculationStatistics? Speculation { get; init; }

    /// <summary>What a turn has come to.</summary>
    internal static TextResult Of(TextTurn turn, TextSession session) => new()
    {
        PromptIds = turn.Prompt,
        Ids = turn.Ids,
        Text = turn.Text,
        StopReason = turn.StopReason,
        Seed = turn.Options.Sampling.Seed,
        PrefillTokens = Math.Min(turn.Prefill.Tokens, turn.Prompt.Length),
        Prefill = turn.Prefill.Time,
        Decode = turn.Decode.Time,
        DecodeSteps = turn.Decode.Tokens,
        Holders = session.Holders,
        Speculation = turn.Speculator?.Statistics,
        Recoveries = [.. session.Recoveries.Skip(turn.RecoveredBefore ?? 0)],
    };
}
