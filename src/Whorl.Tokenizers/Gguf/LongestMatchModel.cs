using System.Text;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Gguf;

/// <summary>The longest token that fits, again and again: RWKV's tokenizer. Source: llama.cpp, llm_tokenizer_rwkv.</summary>
internal sealed class LongestMatchModel : TokenModel
{
    private readonly CharTrie _trie = new();

    /// <summary>A model over tokens.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="unknownId">What stands for a character with which no token begins.</param>
    public LongestMatchModel(Vocabulary vocabulary, int unknownId)
    {
        Vocabulary = vocabulary;
        UnknownId = unknownId;
        for (int id = 0; id < vocabulary.IdLimit; id++)
        {
            if (vocabulary.TokenOf(id) is { Length: > 0 } token)
            {
                _trie.Add(token, id);
            }
        }
    }

    public override Vocabulary Vocabulary { get; }

    public override int UnknownId { get; }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids) => Match(piece, ids, null);

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans) => Match(piece, ids, spans);

    private void Match(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan>? spans)
    {
        int bytes = 0;
        for (int at = 0; at < piece.Length;)
        {
            (int id, int length) = _trie.Longest(piece[at..]);
            length = id >= 0 ? length : CodePoints.Units(CodePoints.At(piece, at));
            int end = bytes + Encoding.UTF8.GetByteCount(piece.Slice(at, length));
            ids.Add(id >= 0 ? id : UnknownId);
            spans?.Add(new ByteSpan(bytes, end));
            (bytes, at) = (end, at + length);
        }
    }
}
