using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Bpe;

/// <summary>Byte pair encoding by ranked merges, as in tokenizers' models/bpe; also SentencePiece's, whose ranks are scores.</summary>
internal sealed class BpeModel : TokenModel
{
    [ThreadStatic]
    private static SymbolList? _spareSymbols;

    private readonly MergeTable _merges;
    private readonly BpeOptions _options;
    private readonly int[] _bmpIds; // ids of one-unit tokens
    private readonly int[]? _byteIds;
    private readonly char _wordStart;
    private readonly WordCache _cache = new();

    /// <summary>A model over a vocabulary and its merges.</summary>
    public BpeModel(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
    {
        Vocabulary = vocabulary;
        _merges = merges;
        _options = options;
        UnknownId = options.UnknownToken is null ? -1 : vocabulary.IdOf(options.UnknownToken);
        _byteIds = options.ByteFallback ? vocabulary.ByteTokens() : null;
        _bmpIds = new int[0x10000];
        Array.Fill(_bmpIds, -1);
        bool inside = false; // whether any token has the meta space behind another character
        for (int id = 0; id < vocabulary.IdLimit; id++)
        {
            string? token = vocabulary.TokenOf(id);
            if (token is { Length: 1 })
            {
                _bmpIds[token[0]] = id;
            }

            inside |= token is not null && HasInnerMetaSpace(token);
        }

        // No merge crosses the boundary before a meta space if no token does, so each word is encoded by itself.
        bool affixes = !string.IsNullOrEmpty(options.ContinuingPrefix) || !string.IsNullOrEmpty(options.EndSuffix);
        _wordStart = inside || affixes || options.IgnoreMerges || _bmpIds['\u2581'] < 0 ? '\0' : '\u2581';
    }

    public override Vocabulary Vocabulary { get; }

    public override int UnknownId { get; }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_wordStart == '\0')
        {
            EncodeWord(piece, ids);
            return;
        }

        int start = 0;
        for (int i = 1; i < piece.Length; i++)
        {
            if (piece[i] == _wordStart && piece[i - 1] != _wordStart)
            {
                EncodeWord(piece[start..i], ids);
                start = i;
            }
        }

        EncodeWord(piece[start..], ids);
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans)
    {
        int whole = _options.IgnoreMerges ? Vocabulary.IdOf(piece) : -1;
        if (whole >= 0)
        {
            ids.Add(whole);
            spans.Add(new ByteSpan(0, System.Text.Encoding.UTF8.GetByteCount(piece)));
            return;
        }

        SymbolList symbols = Take();
        Merge(piece, symbols);
        int at = 0;
        for (int i = 0; i < symbols.Count; i++)
        {
            ids.Add(symbols.Ids[i]);
            spans.Add(new ByteSpan(at, at + symbols.Lengths[i]));
            at += symbols.Lengths[i];
        }

        Return(symbols);
    }

    private static bool HasInnerMetaSpace(string token)
    {
        for (int i = token.IndexOf('\u2581', 1 < token.Length ? 1 : 0); i > 0; i = token.IndexOf('\u2581', i + 1))
        {
            if (token[i - 1] != '\u2581')
            {
                return true;
            }
        }

        return false;
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        bool remembered = word.Length <= WordCache.MaxLength;
        uint hash = 0;
        if (remembered)
        {
            hash = WordCache.HashOf(word);
            if (_cache.Find(word, hash) is int[] known)
            {
                foreach (int id in known)
                {
                    ids.Add(id);
                }

                return;
            }
        }

        int whole = _options.IgnoreMerges ? Vocabulary.IdOf(word) : -1;
        SymbolList symbols = Take();
        if (whole >= 0)
        {
            symbols.Add(whole, 0);
        }
        else
        {
            Merge(word, symbols);
        }

        ids.AddRange(symbols.Ids);
        if (remembered)
        {
            _cache.Store(word, hash, symbols.Ids);
        }

        Return(symbols);
    }

    private static SymbolList Take()
    {
        SymbolList symbols = _spareSymbols ?? new SymbolList();
        _spareSymbols = null;
        return symbols;
    }

    private static void Return(SymbolList symbols)
    {
        symbols.Clear();
        _spareSymbols = symbols;
    }

    private void Merge(ReadOnlySpan<char> piece, SymbolList symbols)
    {
        int unknownBytes = 0; // of an unknown token not yet added
        for (int i = 0; i < piece.Length;)
        {
            int c = CodePoints.At(piece, i);
            int next = i + CodePoints.Units(c);
            string? prefix = i == 0 ? null : _options.ContinuingPrefix;
            string? suffix = next == piece.Length ? _options.EndSuffix : null;
            bool bare = string.IsNullOrEmpty(prefix) && string.IsNullOrEmpty(suffix);
            ReadOnlySpan<char> symbol = bare ? piece[i..next] : string.Concat(prefix, piece[i..next], suffix);
            int id = symbol.Length == 1 ? _bmpIds[symbol[0]] : Vocabulary.IdOf(symbol);
            int bytes = CodePoints.Utf8Bytes(c);
            if (id >= 0)
            {
                FlushUnknown(symbols, ref unknownBytes);
                symbols.Add(id, bytes);
            }
            else if (!TryAddBytes(symbol, symbols) && _options.UnknownToken is not null)
            {
                if (!_options.FuseUnknown)
                {
                    FlushUnknown(symbols, ref unknownBytes);
                }

                unknownBytes += bytes;
            }

            i = next;
        }

        FlushUnknown(symbols, ref unknownBytes);
        symbols.Merge(_merges);
    }

    private void FlushUnknown(SymbolList symbols, ref int unknownBytes)
    {
        if (unknownBytes > 0)
        {
            symbols.Add(RequireUnknown(), unknownBytes);
            unknownBytes = 0;
        }
    }

    private int RequireUnknown() => UnknownId >= 0 ? UnknownId : throw new TokenizerFormatException(
        $"the BPE model lacks both a character of the text and its unknown token '{_options.UnknownToken}'; use a vocabulary with one");

    // With what stands before and behind the character, as the reference does.
    private bool TryAddBytes(ReadOnlySpan<char> symbol, SymbolList symbols)
    {
        if (_byteIds is null)
        {
            return false;
        }

        int count = System.Text.Encoding.UTF8.GetByteCount(symbol);
        Span<byte> room = stackalloc byte[16];
        Span<byte> bytes = count <= room.Length ? room[..count] : new byte[count];
        System.Text.Encoding.UTF8.GetBytes(symbol, bytes);
        foreach (byte b in bytes)
        {
            if (_byteIds[b] < 0)
            {
                return false;
            }
        }

        foreach (byte b in bytes)
        {
            symbols.Add(_byteIds[b], 1);
        }

        return true;
    }
}
