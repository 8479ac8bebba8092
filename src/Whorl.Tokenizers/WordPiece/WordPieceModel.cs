using System.Text;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.WordPiece;

/// <summary>WordPiece: the longest token that fits, again and again; a word with a part that is no token is unknown as a whole.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly CharTrie _trie = new();
    private readonly int _continuing; // the node behind the continuing prefix, or -1
    private readonly int _maxCharacters;
    private readonly string _unknownToken;

    /// <summary>A model over a vocabulary.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="unknownToken">What stands for unknown words.</param>
    /// <param name="continuingPrefix">What marks tokens inside a word, mostly ##.</param>
    /// <param name="maxCharacters">Longer words, in code points, are unknown.</param>
    public WordPieceModel(Vocabulary vocabulary, string unknownToken, string continuingPrefix, int maxCharacters)
    {
        Vocabulary = vocabulary;
        _maxCharacters = maxCharacters;
        UnknownId = vocabulary.IdOf(unknownToken);
        _unknownToken = unknownToken;
        for (int id = 0; id < vocabulary.IdLimit; id++)
        {
            string? token = vocabulary.TokenOf(id);
            if (token is not null && vocabulary.IdOf(token) == id)
            {
                _trie.Add(token, id);
            }
        }

        _continuing = _trie.Walk(CharTrie.Start, continuingPrefix);
    }

    public override Vocabulary Vocabulary { get; }

    public override int UnknownId { get; }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids) => EncodeWord(piece, ids, null);

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans) => EncodeWord(piece, ids, spans);

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids, List<ByteSpan>? spans)
    {
        int before = ids.Count;
        int bytes = 0;
        bool bad = IsTooLong(word);
        for (int start = 0; start < word.Length && !bad;)
        {
            int node = start == 0 ? CharTrie.Start : _continuing;
            (int id, int length) = node < 0 ? (-1, 0) : _trie.Longest(word[start..], node);
            if (id < 0)
            {
                bad = true;
                break;
            }

            ids.Add(id);
            if (spans is not null)
            {
                int size = Encoding.UTF8.GetByteCount(word.Slice(start, length));
                spans.Add(new ByteSpan(bytes, bytes + size));
                bytes += size;
            }

            start += length;
        }

        if (bad)
        {
            spans?.RemoveRange(spans.Count - (ids.Count - before), ids.Count - before);
            ids.RemoveRange(before, ids.Count - before);
            ids.Add(UnknownId >= 0 ? UnknownId : throw new TokenizerFormatException(
                $"the WordPiece model lacks both a word of the text and its unknown token '{_unknownToken}'; use a vocabulary with one"));
            spans?.Add(new ByteSpan(0, Encoding.UTF8.GetByteCount(word)));
        }
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= _maxCharacters)
        {
            return false;
        }

        int count = 0;
        for (int i = 0; i < word.Length && count <= _maxCharacters; count++)
        {
            i += CodePoints.Units(CodePoints.At(word, i));
        }

        return count > _maxCharacters;
    }
}
