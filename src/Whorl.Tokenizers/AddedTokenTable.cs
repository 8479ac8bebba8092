using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers;

/// <summary>The added tokens of a tokenizer: their ids, and how they are found in a text.</summary>
internal sealed class AddedTokenTable
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly Dictionary<int, string> _decoded = [];
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;

    /// <summary>
    /// Gives each token, in order, the id its text has already or the next one behind the vocabulary, as tokenizers does.
    /// </summary>
    public AddedTokenTable(IEnumerable<AddedToken> tokens, Vocabulary vocabulary, Normalizer? normalizer)
    {
        int next = vocabulary.Count;
        foreach (AddedToken token in tokens)
        {
            if (token.Content.Length == 0)
            {
                continue;
            }

            int id = _ids.TryGetValue(token.Content, out int known) ? known : vocabulary.IdOf(token.Content);
            id = id >= 0 ? id : next++;
            _ids[token.Content] = id;
            _tokens[id] = token;
            if (token.Normalized && normalizer is not null)
            {
                _decoded[id] = normalizer.Normalize(AlignedText.OfOriginal(token.Content, aligned: false)).ToString();
            }
        }

        _raw = new AddedTokenMatcher(_tokens.Where(t => !t.Value.Normalized).Select(t => (t.Value.Content, t.Key)), _tokens);
        _normalized = new AddedTokenMatcher(
            _tokens.Where(t => t.Value.Normalized).Select(t => (_decoded.GetValueOrDefault(t.Key, t.Value.Content), t.Key)), _tokens);
        IdLimit = _tokens.Count == 0 ? 0 : _tokens.Keys.Max() + 1;
    }

    /// <summary>One past the greatest id.</summary>
    public int IdLimit { get; }

    /// <summary>All of them by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> Tokens => _tokens;

    /// <summary>The id of a token by its text, or -1.</summary>
    public int IdOf(string content) => _ids.GetValueOrDefault(content, -1);

    /// <summary>The text as which an added token is decoded, which is its normalized one; null where the id is no added token's.</summary>
    public string? DecodedTextOf(int id) =>
        _decoded.TryGetValue(id, out string? text) ? text : _tokens.TryGetValue(id, out AddedToken? token) ? token.Content : null;

    /// <summary>Whether decoding may leave the id out: it is a special token whose text, as decoded, is still a special token's.</summary>
    public bool IsSkippable(int id) =>
        _tokens.ContainsKey(id) && _tokens.TryGetValue(IdOf(DecodedTextOf(id)!), out AddedToken? decoded) && decoded.Special;

    /// <summary>Cuts the tokens out of the raw text, normalizes what lies between, and cuts the normalized tokens out of that.</summary>
    public PieceBuffer Extract(AlignedText text, Normalizer? normalizer, bool parseSpecial)
    {
        var buffer = new PieceBuffer(text);
        if (!_raw.IsEmpty)
        {
            buffer.Pieces.Clear();
            _raw.Split(buffer, 0, text.Length, parseSpecial);
        }

        if (normalizer is not null)
        {
            buffer = Normalize(buffer, normalizer);
        }

        if (_normalized.IsEmpty)
        {
            return buffer;
        }

        List<Piece> before = buffer.Pieces;
        buffer.Pieces = [];
        foreach (Piece piece in before)
        {
            if (piece.IsToken)
            {
                buffer.Pieces.Add(piece);
            }
            else
            {
                _normalized.Split(buffer, piece.Start, piece.End, parseSpecial);
            }
        }

        return buffer;
    }

    private static PieceBuffer Normalize(PieceBuffer buffer, Normalizer normalizer)
    {
        if (buffer.Pieces is [{ IsToken: false } only] && only.Length == buffer.Text.Length)
        {
            return new PieceBuffer(normalizer.Normalize(buffer.Text));
        }

        var normalized = new PieceBuffer(new AlignedText(buffer.Text.Length, buffer.Text.IsAligned));
        foreach (Piece piece in buffer.Pieces)
        {
            AlignedText part = buffer.Text.Slice(piece.Start, piece.End);
            part = piece.IsToken ? part : normalizer.Normalize(part);
            normalized.Add(normalized.Text.Length, part.Length, piece.Token);
            normalized.Text.Append(part, 0, part.Length);
        }

        return normalized;
    }
}
