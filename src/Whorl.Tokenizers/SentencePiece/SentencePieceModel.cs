using System.Text;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>
/// What sentencepiece does around its models: neighbouring unknowns become one or, with byte fallback, their bytes; unused pieces are
/// parted again. Wraps BPE, and is itself the word and the character model (each piece is a token or unknown).
/// </summary>
internal sealed class SentencePieceModel : TokenModel
{
    private readonly TokenModel? _inner;
    private readonly IReadOnlyDictionary<int, (int Left, int Right)> _parted;
    private readonly IReadOnlySet<int> _hidden;

    /// <summary>A model that parts unused pieces.</summary>
    /// <param name="vocabulary">All pieces.</param>
    /// <param name="inner">The BPE model; null where each piece is looked up whole.</param>
    /// <param name="unknownId">The unknown piece.</param>
    /// <param name="parted">Unused pieces and the two that each is made of.</param>
    /// <param name="hidden">The ids whose text is not found in a text.</param>
    public SentencePieceModel(
        Vocabulary vocabulary,
        TokenModel? inner,
        int unknownId,
        IReadOnlyDictionary<int, (int Left, int Right)> parted,
        IReadOnlySet<int> hidden)
    {
        Vocabulary = vocabulary;
        UnknownId = unknownId;
        _inner = inner;
        _parted = parted;
        _hidden = hidden;
    }

    public override Vocabulary Vocabulary { get; }

    public override int UnknownId { get; }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_inner is null)
        {
            LookUp(piece, ids);
            return;
        }

        int before = ids.Count;
        _inner.Encode(piece, ids);
        if (_parted.Count == 0)
        {
            return;
        }

        int[] merged = [.. ids.Skip(before)];
        ids.RemoveRange(before, merged.Length);
        foreach (int id in merged)
        {
            Part(id, id => ids.Add(id));
        }
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans)
    {
        if (_inner is null)
        {
            if (LookUp(piece, ids))
            {
                spans.Add(new ByteSpan(0, Encoding.UTF8.GetByteCount(piece)));
            }

            return;
        }

        var mergedIds = new List<int>();
        var mergedSpans = new List<ByteSpan>();
        _inner.Encode(piece, mergedIds, mergedSpans);
        for (int i = 0; i < mergedIds.Count; i++)
        {
            int at = mergedSpans[i].Start;
            if (!_parted.ContainsKey(mergedIds[i]))
            {
                ids.Add(mergedIds[i]);
                spans.Add(mergedSpans[i]);
                continue;
            }

            Part(mergedIds[i], id =>
            {
                int length = Encoding.UTF8.GetByteCount(Vocabulary.TokenOf(id) ?? "");
                ids.Add(id);
                spans.Add(new ByteSpan(at, at + length));
                at += length;
            });
        }
    }

    // Returns whether an id was added: not for an unknown behind another.
    private bool LookUp(ReadOnlySpan<char> piece, List<int> ids)
    {
        int id = Vocabulary.IdOf(piece);
        id = id < 0 || _hidden.Contains(id) ? UnknownId : id;
        if (id == UnknownId && ids.Count > 0 && ids[^1] == UnknownId)
        {
            return false;
        }

        ids.Add(id);
        return true;
    }

    private void Part(int id, Action<int> emit)
    {
        if (_parted.TryGetValue(id, out (int Left, int Right) parts))
        {
            Part(parts.Left, emit);
            Part(parts.Right, emit);
            return;
        }

        emit(id);
    }
}
