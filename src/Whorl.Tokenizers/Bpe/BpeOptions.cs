namespace Whorl.Tokenizers.Bpe;

/// <summary>The settings of a BPE model, with the names and defaults of tokenizer.json.</summary>
internal sealed record BpeOptions
{
    /// <summary>What unknown characters become; null drops them.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether a run of unknown characters is one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether unknown characters become their bytes, &lt;0x00&gt; to &lt;0xFF&gt;, where all of these are tokens.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a piece that is a token is that token, even if no merges lead to it.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>What stands before every character but the first of a piece.</summary>
    public string? ContinuingPrefix { get; init; }

    /// <summary>What stands behind the last character of a piece.</summary>
    public string? EndSuffix { get; init; }
}
