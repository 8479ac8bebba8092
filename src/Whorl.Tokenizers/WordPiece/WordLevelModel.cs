using System.Text;

namespace Whorl.Tokenizers.WordPiece;

/// <summary>WordLevel: each piece is a token or unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknownToken) : TokenModel
{
    public override Vocabulary Vocabulary => vocabulary;

    public override int UnknownId { get; } = vocabulary.IdOf(unknownToken);

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        int id = vocabulary.IdOf(piece);
        id = id < 0 ? UnknownId : id;
        ids.Add(id >= 0 ? id : throw new TokenizerFormatException(
            $"the WordLevel model lacks both a word of the text and its unknown token '{unknownToken}'; use a vocabulary with one"));
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans)
    {
        Encode(piece, ids);
        spans.Add(new ByteSpan(0, Encoding.UTF8.GetByteCount(piece)));
    }
}
