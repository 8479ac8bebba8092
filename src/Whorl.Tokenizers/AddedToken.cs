namespace Whorl.Tokenizers;

/// <summary>A token that is cut out of the text before the model sees it.</summary>
/// <param name="Content">Its text.</param>
internal sealed record AddedToken(string Content)
{
    /// <summary>Whether decoding can leave it out, and plain-text encoding does not parse it.</summary>
    public bool Special { get; init; }

    /// <summary>Whether it is looked for in the normalized text, by its own normalized content.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether it only counts where no word character (\w) touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it swallows the white space before it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Whether it swallows the white space behind it.</summary>
    public bool StripRight { get; init; }
}
