using System.Text;
using Whorl.Tokenizers.Bpe;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Unigram;

/// <summary>The most probable segmentation under a unigram language model (Viterbi), arXiv 1804.10959.</summary>
/// <remarks>
/// Source: tokenizers' models/unigram, encode_optimized; sentencepiece's unigram_model.cc, EncodeOptimized. Linear in the
/// text.
/// </remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    // Where sentencepiece begins its search for the greatest score (FLT_MIN), so that it finds no negative one.
    private const double SmallestPositive = 1.17549435e-38;

    private readonly CharTrie _trie = new();
    private readonly double[] _scores;
    private readonly UnigramOptions _options;
    private readonly int[] _byteIds;
    private readonly double _unknownScore;
    private readonly WordCache _cache = new();

    /// <summary>A model over tokens and their scores by id.</summary>
    /// <param name="vocabulary">Every id below its limit is a token.</param>
    /// <param name="scores">Log probabilities by id.</param>
    /// <param name="unknownId">The unknown token, or -1.</param>
    /// <param name="options">Which implementation to follow.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknownId, UnigramOptions options)
    {
        Vocabulary = vocabulary;
        UnknownId = unknownId;
        _options = options;
        _scores = [.. scores];
        _byteIds = vocabulary.ByteTokens();
        double least = double.PositiveInfinity;
        double greatest = SmallestPositive;
        for (int id = 0; id < vocabulary.IdLimit; id++)
        {
            if (options.Hidden?.Contains(id) != true && vocabulary.TokenOf(id) is { Length: > 0 } token)
            {
                _trie.Add(token, id);
                bool normal = options.UserDefined?.Contains(id) != true;
                least = normal ? Math.Min(least, scores[id]) : least;
                greatest = normal ? Math.Max(greatest, scores[id]) : greatest;
            }
        }

        _unknownScore = Rounded(least - UnknownPenalty);
        foreach (int id in options.UserDefined ?? new HashSet<int>())
        {
            _scores[id] = Rounded((vocabulary.TokenOf(id) is string token ? Encoding.UTF8.GetByteCount(token) : 0) * greatest - 0.1);
        }
    }

    public override Vocabulary Vocabulary { get; }

    public override int UnknownId { get; }

    public override bool KeepsUnknownText => true;

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > WordCache.MaxLength)
        {
            Segment(piece, ids, null);
            return;
        }

        uint hash = WordCache.HashOf(piece);
        if (_cache.Find(piece, hash) is int[] known)
        {
            ids.AddRange(known);
            return;
        }

        int before = ids.Count;
        Segment(piece, ids, null);
        _cache.Store(piece, hash, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[before..]);
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids, List<ByteSpan> spans) => Segment(piece, ids, spans);

    private double Rounded(double value) => _options.SinglePrecision ? (float)value : value;

    private void Segment(ReadOnlySpan<char> text, List<int> ids, List<ByteSpan>? spans)
    {
        // For each position: the best segmentation that ends there, its last token and where that begins.
        double[] best = new double[text.Length + 1];
        int[] token = new int[text.Length + 1];
        int[] begin = new int[text.Length + 1];
        Array.Fill(begin, -1);
        for (int start = 0; start < text.Length;)
        {
            int units = CodePoints.Units(CodePoints.At(text, start));
            bool single = false;
            int node = CharTrie.Start;
            for (int end = start; end < text.Length; end++)
            {
                node = _trie.Step(node, text[end]);
                if (node < 0)
                {
                    break;
                }

                int id = _trie.ValueAt(node);
                if (id >= 0)
                {
                    Offer(start, end + 1, id, _scores[id]);
                    single |= end + 1 - start == units;
                }
            }

            if (!single)
            {
                Offer(start, start + units, UnknownId, _unknownScore);
            }

            start += units;
        }

        Collect(text, token, begin, ids, spans);

        void Offer(int start, int end, int id, double score)
        {
            double candidate = Rounded(score + best[start]);
            if (begin[end] < 0 || candidate > best[end])
            {
                (best[end], begin[end], token[end]) = (candidate, start, id >= 0 ? id : throw new TokenizerFormatException(
                    "the Unigram model has no unknown token (unk_id), and the text holds what it does not know; use a vocabulary with one"));
            }
        }
    }

    private void Collect(ReadOnlySpan<char> text, int[] token, int[] begin, List<int> ids, List<ByteSpan>? spans)
    {
        var ends = new Stack<int>();
        for (int end = text.Length; end > 0; end = begin[end])
        {
            ends.Push(end);
        }

        int at = 0; // bytes so far
        while (ends.Count > 0)
        {
            int end = ends.Pop();
            int start = begin[end];
            bool unknown = token[end] == UnknownId;
            while (unknown && ends.Count > 0 && token[ends.Peek()] == UnknownId)
            {
                end = ends.Pop(); // a run of unknowns is one
            }

            ReadOnlySpan<char> piece = text[start..end];
            int bytes = spans is null ? 0 : Encoding.UTF8.GetByteCount(piece);
            Emit(piece, unknown ? KnownId(piece) : token[end], new ByteSpan(at, at + bytes), ids, spans);
            at += bytes;
        }
    }

    private int KnownId(ReadOnlySpan<char> piece)
    {
        int id = Vocabulary.IdOf(piece);
        return id >= 0 && _options.Hidden?.Contains(id) != true ? id : -1;
    }

    private void Emit(ReadOnlySpan<char> piece, int id, ByteSpan span, List<int> ids, List<ByteSpan>? spans)
    {
        if (id < 0 && _options.ByteFallback)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(piece.ToArray());
            if (Array.TrueForAll(bytes, b => _byteIds[b] >= 0))
            {
                foreach (byte b in bytes)
                {
                    ids.Add(_byteIds[b]);
                    spans?.Add(span);
                }

                return;
            }
        }

        ids.Add(id < 0 ? UnknownId : id);
        spans?.Add(span);
    }
}
