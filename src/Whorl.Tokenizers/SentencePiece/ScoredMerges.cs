using Whorl.Tokenizers.Bpe;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>The merges that SentencePiece's BPE implies: any two pieces whose text together is a piece, the higher score first.</summary>
internal static class ScoredMerges
{
    /// <summary>Makes the table.</summary>
    /// <param name="vocabulary">All pieces.</param>
    /// <param name="scores">Scores by id.</param>
    /// <param name="mergeable">Whether a piece takes part: normal, user-defined and unused ones do.</param>
    /// <param name="parted">Gets one way to part each merged piece.</param>
    public static MergeTable Build(
        Vocabulary vocabulary,
        IReadOnlyList<float> scores,
        Func<int, bool> mergeable,
        Dictionary<int, (int Left, int Right)>? parted = null)
    {
        Dictionary<float, int> ranks = RanksByScore(scores);
        var merges = new List<(int Left, int Right, int Merged)>(vocabulary.IdLimit * 2);
        for (int id = 0; id < vocabulary.IdLimit; id++)
        {
            string? piece = mergeable(id) ? vocabulary.TokenOf(id) : null;
            for (int cut = 1; cut < piece?.Length; cut++)
            {
                int left = vocabulary.IdOf(piece.AsSpan(0, cut));
                int right = left < 0 || !mergeable(left) ? -1 : vocabulary.IdOf(piece.AsSpan(cut));
                if (right >= 0 && mergeable(right))
                {
                    merges.Add((left, right, id));
                    parted?.TryAdd(id, (left, right));
                }
            }
        }

        var table = new MergeTable(merges.Count);
        foreach ((int left, int right, int merged) in merges)
        {
            table.Add(left, right, ranks[scores[merged]], merged);
        }

        return table;
    }

    // Equal scores get equal ranks: the leftmost pair merges first then.
    private static Dictionary<float, int> RanksByScore(IReadOnlyList<float> scores)
    {
        float[] sorted = [.. scores.Distinct()];
        Array.Sort(sorted, (a, b) => b.CompareTo(a));
        var ranks = new Dictionary<float, int>(sorted.Length);
        foreach (float score in sorted)
        {
            ranks.TryAdd(score, ranks.Count);
        }

        return ranks;
    }
}
