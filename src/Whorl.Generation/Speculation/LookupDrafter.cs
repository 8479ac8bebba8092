namespace Whorl.Generation.Speculation;

/// <summary>
/// Guesses that a text goes on as it did where its last tokens stood before: in what is quoted, edited, listed. Costs nothing. Source: prompt lookup
/// decoding, <see href="https://github.com/apoorvumang/prompt-lookup-decoding"/>.
/// </summary>
public sealed class LookupDrafter : IDrafter
{
    private const int Longest = 64; // what is longer counts as that

    private static readonly int[] Lengths = [12, 6, 3, 2, 1];

    private readonly List<int> _text = [];
    private readonly Dictionary<ulong, int> _last = []; // where so many tokens ended, with others behind them
    private readonly Acceptance[] _byLength = [.. new[] { 0.15, 0.3, 0.5, 0.65, 0.75, 0.85, 0.9 }.Select(share => new Acceptance(share))];
    private int _matched;

    /// <inheritdoc/>
    public string Name => "lookup";

    /// <inheritdoc/>
    public ValueTask DraftAsync(IReadOnlyList<int> text, DraftTree tree, int source, GrowthLimits limits, CancellationToken cancellationToken)
    {
        Take(text);
        _matched = 0;
        if (Find() is { } found)
        {
            (int end, _matched) = found;
            double share = Math.Log(_byLength[Kind(_matched)].Share), path = 0;
            int node = DraftTree.Root;
            int depth = Math.Min(Math.Min(limits.Passes, limits.Nodes), _text.Count - 1 - end);
            for (int i = 1; i <= depth && path + share >= Math.Log(Math.Max(limits.LeastProbability, 1e-9)); i++)
            {
                path += share;
                node = tree.Add(node, _text[end + i], path, source);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Learn(DraftTree tree, int source, ReadOnlySpan<int> path, bool isCut)
    {
        if (_matched == 0)
        {
            return;
        }

        Acceptance share = _byLength[Kind(_matched)];
        int own = 0;
        while (own < path.Length && tree.Source(path[own]) == source)
        {
            own++;
            share.Count(true);
        }

        int at = own == 0 ? DraftTree.Root : path[own - 1];
        for (int child = tree.FirstChild(at); !isCut && child != DraftTree.Root; child = tree.NextSibling(child))
        {
            if (tree.Source(child) == source && (own == path.Length || path[own] != child))
            {
                share.Count(false);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Take(IReadOnlyList<int> text)
    {
        int common = 0;
        while (common < _text.Count && common < text.Count && _text[common] == text[common])
        {
            common++;
        }

        if (common < _text.Count)
        {
            _text.Clear();
            _last.Clear();
            common = 0;
        }

        for (int i = common; i < text.Count; i++)
        {
            // What ended before this token has it behind it from now on.
            foreach (int length in Lengths)
            {
                if (_text.Count >= length)
                {
                    _last[Key(length)] = _text.Count - 1;
                }
            }

            _text.Add(text[i]);
        }
    }

    /// <summary>Where the longest of the text's ends that was there before ended, the last time, and how long it is.</summary>
    private (int End, int Length)? Find()
    {
        foreach (int length in Lengths)
        {
            if (_text.Count > length && _last.TryGetValue(Key(length), out int end))
            {
                int same = 0;
                while (same < Longest && same <= end && _text[end - same] == _text[^(same + 1)])
                {
                    same++;
                }

                if (same >= length)
                {
                    return (end, same);
                }
            }
        }

        return null;
    }

    private ulong Key(int length)
    {
        ulong key = (ulong)length;
        for (int i = 1; i <= length; i++)
        {
            key = (key ^ (uint)_text[^i]) * 0x9E3779B97F4A7C15;
            key ^= key >> 29;
        }

        return key;
    }

    private static int Kind(int length) => length switch { 1 => 0, 2 => 1, <= 4 => 2, <= 8 => 3, <= 16 => 4, <= 32 => 5, _ => 6 };
}
