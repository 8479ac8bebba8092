using Whorl.Tokenizers.SentencePiece;

namespace Whorl.Tokenizers.Gguf;

/// <summary>The tokens of a GGUF file with their types and scores.</summary>
internal sealed class GgufVocabulary
{
    private readonly GgufMetadata _metadata;

    private GgufVocabulary(GgufMetadata metadata) => _metadata = metadata;

    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>By id; all normal where the file has none.</summary>
    public required PieceType[] Types { get; init; }

    /// <summary>By id; all 0 where the file has none.</summary>
    public required float[] Scores { get; init; }

    /// <summary>Reads the keys tokens, token_type and scores.</summary>
    /// <exception cref="FormatException">A key is missing or malformed, or the lengths differ.</exception>
    public static GgufVocabulary Read(GgufMetadata metadata)
    {
        IReadOnlyList<string> tokens = metadata.Strings("tokenizer.ggml.tokens");
        int[] types = metadata.OptionalIntegers("tokenizer.ggml.token_type") ?? [.. Enumerable.Repeat(1, tokens.Count)];
        float[] scores = metadata.OptionalFloats("tokenizer.ggml.scores") ?? new float[tokens.Count];
        if (types.Length != tokens.Count || scores.Length != tokens.Count)
        {
            throw new FormatException($"there are {tokens.Count} tokens, but {types.Length} types and {scores.Length} scores");
        }

        return new GgufVocabulary(metadata)
        {
            Tokens = tokens,
            Types = [.. types.Select(type => type is >= 1 and <= 6 ? (PieceType)type : PieceType.Normal)],
            Scores = scores,
        };
    }

    /// <summary>Whether an id only fills the embedding up: [PAD123], as converters write.</summary>
    public bool IsFiller(int id) =>
        Types[id] != PieceType.Normal && Tokens[id].StartsWith("[PAD", StringComparison.Ordinal) && Tokens[id] == $"[PAD{id}]";

    /// <summary>A vocabulary of all tokens but fillers, each as <paramref name="text"/> gives it.</summary>
    public Vocabulary ToVocabulary(Func<int, string>? text = null)
    {
        var vocabulary = new Vocabulary(Tokens.Count);
        for (int id = 0; id < Tokens.Count; id++)
        {
            if (!IsFiller(id))
            {
                vocabulary.Add(text is null ? Tokens[id] : text(id), id);
            }
        }

        return vocabulary;
    }

    /// <summary>Control and unknown tokens as special ones, user-defined ones as others.</summary>
    public IEnumerable<AddedToken> AddedTokens()
    {
        for (int id = 0; id < Tokens.Count; id++)
        {
            bool special = Types[id] is PieceType.Control or PieceType.Unknown;
            if ((special || Types[id] == PieceType.UserDefined) && !IsFiller(id) && Tokens[id].Length > 0)
            {
                yield return new AddedToken(Tokens[id]) { Special = special, Normalized = !special };
            }
        }
    }

    /// <summary>The id that <c>tokenizer.ggml.NAME_token_id</c> gives; null where it gives none or one beyond the vocabulary.</summary>
    public int? IdOf(string name) =>
        _metadata.OptionalToken($"tokenizer.ggml.{name}_token_id") is int id && id < Tokens.Count ? id : null;

    /// <summary>The token of that id.</summary>
    public string? TokenOf(string name) => IdOf(name) is int id ? Tokens[id] : null;
}
