using System.Text.Json;
using Whorl.Tokenizers.Decoders;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.PostProcessors;
using Whorl.Tokenizers.PreTokenizers;

namespace Whorl.Tokenizers;

/// <summary>What a tokenizer is made of, whichever source describes it.</summary>
internal sealed record TokenizerParts(TokenModel Model)
{
    /// <summary>In the order in which they get their ids.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    public PostProcessor? PostProcessor { get; init; }

    public TokenDecoder? Decoder { get; init; }

    public string? BeginToken { get; init; }

    public string? EndToken { get; init; }

    public string? UnknownToken { get; init; }

    public string? PaddingToken { get; init; }

    /// <summary>Ids that the files name as ending a turn or a text, besides that of the end token.</summary>
    public IReadOnlyList<int> EndTokenIds { get; init; } = [];

    /// <summary>By the files' names for them: strings, and lists of strings.</summary>
    public IReadOnlyDictionary<string, JsonElement> SpecialTokens { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Templates by name.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();
}
