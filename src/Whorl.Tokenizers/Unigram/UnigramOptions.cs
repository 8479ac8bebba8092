namespace Whorl.Tokenizers.Unigram;

/// <summary>What distinguishes Hugging Face's Unigram from sentencepiece's.</summary>
internal sealed record UnigramOptions
{
    /// <summary>Whether unknown characters become their bytes, where all of these are tokens.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether scores are added in single precision, as sentencepiece does; ties fall accordingly.</summary>
    public bool SinglePrecision { get; init; }

    /// <summary>
    /// The ids whose text is not found in a text (sentencepiece's control, unknown, byte and unused pieces); null for none.
    /// </summary>
    public IReadOnlySet<int>? Hidden { get; init; }

    /// <summary>The ids of sentencepiece's user-defined pieces, which outbid every other segmentation; null for none.</summary>
    public IReadOnlySet<int>? UserDefined { get; init; }
}
