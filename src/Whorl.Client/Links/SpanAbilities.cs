namespace Whorl.Client.Links;

/// <summary>What a session can do beside computing tokens that are committed at once. A chain can what all its links can.</summary>
[Flags]
public enum SpanAbilities
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Chains of scratch tokens, and verdicts that keep a beginning of them.</summary>
    Truncate = 1,

    /// <summary>Trees of scratch tokens; includes <see cref="Truncate"/>.</summary>
    Trees = 2,

    /// <summary>The output of every block.</summary>
    EveryBlock = 4,

    /// <summary>Deep prompts.</summary>
    DeepPrompts = 8,

    /// <summary>The holder compares positions: a step for another length than its own is refused, never computed.</summary>
    Position = 16,

    /// <summary>A broken connection costs a round trip, not the session.</summary>
    Attach = 32,

    /// <summary>The holder states by what contract it computes.</summary>
    Exact = 64,

    /// <summary>Everything.</summary>
    All = Truncate | Trees | EveryBlock | DeepPrompts | Position | Attach | Exact,
}
