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
    /// <exception cref="FormatException">The unknown token is not in the vocabulary.</exception>
    public BpeModel(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
    {
        Vocabulary = vocabulary;
        _merges = merges;
        _options = options;
        UnknownId = options.UnknownToken is null ? -1 : vocabulary.IdOf(options.UnknownToken);
        if (options.UnknownToken is not null && UnknownId < 0)
        {
            throw new FormatException($"the unknown token '{options.UnknownToken}' is not in the vocabulary");
        }

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
            int id = FindCharacter(piece[i..next], first: i == 0, last: next == piece.Length);
            int bytes = CodePoints.Utf8Bytes(c);
            if (id >= 0)
            {
                if (unknownBytes > 0)
                {
                    symbols.Add(UnknownId, unknownBytes);
                    unknownBytes = 0;
                }

                symbols.Add(id, bytes);
            }
            else if (!TryAddBytes(piece[i..next], symbols) && UnknownId >= 0)
            {
                if (unknownBytes > 0 && !_options.FuseUnknown)
                {
                    symbols.Add(UnknownId, unknownBytes);
                    unknownBytes = 0;
                }

                unknownBytes += bytes;
            }

            i = next;
        }

        if (unknownBytes > 0)
        {
            symbols.Add(UnknownId, unknownBytes);
        }

        symbols.Merge(_merges);
    }

    private int FindCharacter(ReadOnlySpan<char> character, bool first, bool last)
    {
        string? prefix = first ? null : _options.ContinuingPrefix;
        string? suffix = last ? _options.EndSuffix : null;
        if (string.IsNullOrEmpty(prefix) && string.IsNullOrEmpty(suffix))
        {
            return character.Length == 1 ? _bmpIds[character[0]] : Vocabulary.IdOf(character);
        }

        return Vocabulary.IdOf(string.Concat(prefix, character, suffix));
    }

    private bool TryAddBytes(ReadOnlySpan<char> character, SymbolList symbols)
    {
        if (_byteIds is null)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..System.Text.Encoding.UTF8.GetBytes(character, bytes)];
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
