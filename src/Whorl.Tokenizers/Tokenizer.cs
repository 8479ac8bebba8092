using System.Runtime.InteropServices;
using System.Text.Json;
using Whorl.Tokenizers.Decoders;
using Whorl.Tokenizers.PostProcessors;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers;

/// <summary>Turns text into the ids a model was trained with, and ids into text. Equals Hugging Face's tokenizers id for id.</summary>
/// <remarks>Immutable and safe for concurrent use. Time is linear in the text, up to a logarithm, whatever the text.</remarks>
public sealed partial class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenTable _added;
    private readonly TokenDecoder _decoder;
    private readonly bool _alwaysAligned;
    private readonly bool _holdsByteTokens;

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _added = new AddedTokenTable(parts.AddedTokens, parts.Model.Vocabulary, parts.Normalizer);
        _decoder = parts.Decoder ?? StandardDecoders.Spaced();
        _alwaysAligned = parts.PreTokenizer is { AsksForOrigin: true } && (parts.Normalizer is not null
            || parts.PreTokenizer is PreTokenizers.SequencePreTokenizer);
        _holdsByteTokens = !_decoder.Fuses && parts.Model.Vocabulary.IdOf("<0x00>") >= 0;
        VocabularySize = Math.Max(parts.Model.Vocabulary.IdLimit, _added.IdLimit);
        UnknownToken = parts.UnknownToken ?? TokenOrNull(parts.Model.UnknownId);
        IEnumerable<int> own = EndTokenId is int end ? [end] : [];
        EndOfGenerationIds = [.. own.Concat(parts.EndTokenIds).Concat(EndOfGeneration.Find(IdOrNull)).Distinct()];
        AddsBeginToken = BeginTokenId is int begin && Encode("").FirstOrDefault(-1) == begin;
    }

    /// <summary>One past the greatest id. A model's embedding may have more rows, for padding.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text, as the files name it; null where they name none.</summary>
    public string? BeginToken => _parts.BeginToken;

    /// <summary>The id of <see cref="BeginToken"/>.</summary>
    public int? BeginTokenId => IdOrNull(BeginToken);

    /// <summary>The token that ends a text, as the files name it; null where they name none.</summary>
    public string? EndToken => _parts.EndToken;

    /// <summary>The id of <see cref="EndToken"/>.</summary>
    public int? EndTokenId => IdOrNull(EndToken);

    /// <summary>The token that stands for what the vocabulary lacks; null where there is none.</summary>
    public string? UnknownToken { get; }

    /// <summary>The id of <see cref="UnknownToken"/>.</summary>
    public int? UnknownTokenId => IdOrNull(UnknownToken);

    /// <summary>The token that fills batches up, as the files name it; null where they name none.</summary>
    public string? PaddingToken => _parts.PaddingToken;

    /// <summary>The id of <see cref="PaddingToken"/>.</summary>
    public int? PaddingTokenId => IdOrNull(PaddingToken);

    /// <summary>
    /// The ids of tokens that end what a model writes: <see cref="EndTokenId"/>, what the tokenizer's files name beside it, and those whose
    /// texts are known to end a turn or a text. Other files of the model may name more.
    /// </summary>
    public IReadOnlyList<int> EndOfGenerationIds { get; }

    /// <summary>
    /// The special tokens by the names under which the files give them, as chat templates ask for them: <c>bos_token</c>, <c>pad_token</c>,
    /// <c>image_token</c> … strings, <c>additional_special_tokens</c> a list of strings.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> SpecialTokens => _parts.SpecialTokens;

    /// <summary>Whether encoding with <see cref="EncodeOptions.AddSpecialTokens"/> puts <see cref="BeginToken"/> in front.</summary>
    public bool AddsBeginToken { get; }

    /// <summary>The chat templates (Jinja source) by name; the usual one is "default". Empty where the files have none.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates => _parts.ChatTemplates;

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="options">What to do with special tokens; null for <see cref="EncodeOptions.Default"/>.</param>
    public int[] Encode(string text, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= EncodeOptions.Default;
        EncodedSequence sequence = EncodeOne(text, options, withOffsets: false);
        if (_parts.PostProcessor is null || !options.AddSpecialTokens)
        {
            return [.. sequence.Ids];
        }

        return [.. _parts.PostProcessor.Process([sequence], addSpecialTokens: true, TokenOf).SelectMany(part => part.Ids)];
    }

    /// <summary>The ids of a text in UTF-8; broken bytes count as U+FFFD, one per maximal subpart.</summary>
    /// <param name="utf8">Any bytes.</param>
    /// <param name="options">What to do with special tokens; null for <see cref="EncodeOptions.Default"/>.</param>
    public int[] EncodeUtf8(ReadOnlySpan<byte> utf8, EncodeOptions? options = null) =>
        Encode(System.Text.Encoding.UTF8.GetString(utf8), options);

    /// <summary>The ids of a text with their types and their places in the text.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="options">What to do with special tokens; null for <see cref="EncodeOptions.Default"/>.</param>
    public TokenEncoding EncodeWithOffsets(string text, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= EncodeOptions.Default;
        return Finish([EncodeOne(text, options, withOffsets: true)], options);
    }

    /// <summary>The ids of two texts that belong together (question and answer, premise and hypothesis).</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text.</param>
    /// <param name="options">What to do with special tokens; null for <see cref="EncodeOptions.Default"/>.</param>
    public TokenEncoding EncodePair(string first, string second, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        options ??= EncodeOptions.Default;
        EncodedSequence left = EncodeOne(first, options, withOffsets: true);
        EncodedSequence right = EncodeOne(second, options, withOffsets: true);
        right.TypeId = 1;
        return Finish([left, right], options);
    }

    /// <summary>The text of ids. Ids that stand for nothing are left out; broken UTF-8 shows as U+FFFD.</summary>
    /// <param name="ids">Any ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var text = new TextStage();
        DecoderStage stage = BeginDecoding(text, stream: false);
        foreach (int id in ids)
        {
            if (TextToDecode(id, skipSpecialTokens) is string token)
            {
                stage.Add(token);
            }
        }

        stage.End();
        return text.Take();
    }

    /// <summary>The text of ids, likewise.</summary>
    /// <param name="ids">Any ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Decode(CollectionsMarshal.AsSpan(ids as List<int> ?? [.. ids]), skipSpecialTokens);
    }

    /// <summary>Begins to decode ids one by one.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public StreamingDecoder StartDecoding(bool skipSpecialTokens = false) => new(this, skipSpecialTokens);

    /// <summary>The id of a token by its text as the vocabulary writes it (Ġ or ▁ for a space, say); null where there is none.</summary>
    public int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return IdOrNull(token);
    }

    /// <summary>The token with an id, as the vocabulary writes it; null where there is none.</summary>
    public string? IdToToken(int id) => TokenOf(id);

    /// <summary>Whether the id is a special token's: a control, not text.</summary>
    public bool IsSpecial(int id) => _added.Tokens.TryGetValue(id, out AddedToken? token) && token.Special;

    /// <summary>The text of a token that decoding leaves out as special; null for one that it shows.</summary>
    public string? HiddenText(int id) => _added.IsSkippable(id) ? TokenOf(id) : null;

    internal DecoderStage BeginDecoding(DecoderStage target, bool stream)
    {
        DecoderStage stage = _decoder.Begin(target, stream, fused: false);
        return stream && _holdsByteTokens ? new ByteHoldingStage(stage) : stage;
    }

    /// <summary>The token that the decoder is to see for an id, or null for none.</summary>
    internal string? TextToDecode(int id, bool skipSpecialTokens) =>
        skipSpecialTokens && _added.IsSkippable(id) ? null : _added.DecodedTextOf(id) ?? _parts.Model.Vocabulary.TokenOf(id);

    private string? TokenOf(int id) =>
        _added.Tokens.TryGetValue(id, out AddedToken? token) ? token.Content : _parts.Model.Vocabulary.TokenOf(id);

    private string? TokenOrNull(int id) => id < 0 ? null : TokenOf(id);

    private int? IdOrNull(string? token)
    {
        int id = token is null ? -1 : _added.IdOf(token);
        id = id < 0 && token is not null ? _parts.Model.Vocabulary.IdOf(token) : id;
        return id < 0 ? null : id;
    }

    private EncodedSequence EncodeOne(string text, EncodeOptions options, bool withOffsets)
    {
        text = CodePoints.Sanitize(text);
        var sequence = new EncodedSequence { Offsets = withOffsets ? [] : null };
        AlignedText original = AlignedText.OfOriginal(text, withOffsets || _alwaysAligned);
        PieceBuffer buffer = _added.Extract(original, _parts.Normalizer, options.ParseSpecialTokens);
        _parts.PreTokenizer?.Apply(buffer);
        if (withOffsets)
        {
            EncodePiecesWithOffsets(buffer, sequence);
        }
        else
        {
            EncodePieces(buffer, sequence.Ids);
        }

        return sequence;
    }

    private void EncodePieces(PieceBuffer buffer, List<int> ids)
    {
        foreach (Piece piece in buffer.Pieces)
        {
            if (piece.IsToken)
            {
                ids.Add(piece.Token);
            }
            else
            {
                _parts.Model.Encode(buffer.SpanOf(piece), ids);
            }
        }
    }

    private void EncodePiecesWithOffsets(PieceBuffer buffer, EncodedSequence sequence)
    {
        AlignedText text = buffer.Text;
        var spans = new List<ByteSpan>();
        foreach (Piece piece in buffer.Pieces)
        {
            if (piece.IsToken)
            {
                sequence.Texts[sequence.Ids.Count] = buffer.SpanOf(piece).ToString();
                sequence.Ids.Add(piece.Token);
                sequence.Offsets!.Add(new TokenOffset(text.StartOf(piece.Start), text.EndOf(piece.End - 1)));
                continue;
            }

            spans.Clear();
            int before = sequence.Ids.Count;
            _parts.Model.Encode(buffer.SpanOf(piece), sequence.Ids, spans);
            int[] unitOfByte = UnitsByByte(buffer.SpanOf(piece), piece.Start);
            for (int i = 0; i < spans.Count; i++)
            {
                ByteSpan span = spans[i];
                int last = Math.Min(span.End, unitOfByte.Length) - 1;
                int first = Math.Min(span.Start, last);
                sequence.Offsets!.Add(last < 0
                    ? default
                    : new TokenOffset(text.StartOf(unitOfByte[first]), text.EndOf(unitOfByte[last])));
                if (_parts.Model.KeepsUnknownText && last >= 0 && sequence.Ids[before + i] == _parts.Model.UnknownId)
                {
                    sequence.Texts[before + i] = text.Span[unitOfByte[first]..(unitOfByte[last] + 1)].ToString();
                }
            }
        }
    }

    private static int[] UnitsByByte(ReadOnlySpan<char> piece, int start)
    {
        int[] units = new int[System.Text.Encoding.UTF8.GetByteCount(piece)];
        int at = 0;
        for (int i = 0; i < piece.Length;)
        {
            int c = CodePoints.At(piece, i);
            for (int bytes = CodePoints.Utf8Bytes(c); bytes > 0; bytes--)
            {
                units[at++] = start + i;
            }

            i += CodePoints.Units(c);
        }

        return units;
    }

    private TokenEncoding Finish(List<EncodedSequence> sequences, EncodeOptions options)
    {
        sequences = _parts.PostProcessor?.Process(sequences, options.AddSpecialTokens, TokenOf) ?? sequences;
        return new TokenEncoding(
            [.. sequences.SelectMany(sequence => sequence.Ids)],
            [.. sequences.SelectMany(sequence => Enumerable.Range(0, sequence.Ids.Count).Select(sequence.TypeIdAt))],
            [.. sequences.SelectMany(sequence => sequence.Offsets!)]);
    }
}
