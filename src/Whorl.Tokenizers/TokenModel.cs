namespace Whorl.Tokenizers;

/// <summary>Encodes the pieces that a text is cut into. Implementations are safe for concurrent use.</summary>
internal abstract class TokenModel
{
    /// <summary>The tokens by id and back.</summary>
    public abstract Vocabulary Vocabulary { get; }

    /// <summary>The id of the token that stands for what the vocabulary lacks, or -1.</summary>
    public abstract int UnknownId { get; }

    /// <summary>Whether an unknown token counts as the text it stands for when offsets are trimmed, and not as what it is called.</summary>
    public virtual bool KeepsUnknownText => false;

    /// <summary>Adds the ids of a piece, which is not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> piece, List<int> ids);

    /// <summary>Adds the ids of a piece and for each its bytes in the UTF-8 of the piece.</summary>
    public abstract void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans);
}
