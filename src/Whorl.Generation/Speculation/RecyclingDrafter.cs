namespace Whorl.Generation.Speculation;

/// <summary>
/// Guesses that behind a token comes what the target model last held the likeliest behind it. Costs nothing. Source: Token Recycling, arXiv:2408.08696.
/// </summary>
/// <param name="vocabularySize">Number of tokens.</param>
public sealed class RecyclingDrafter(int vocabularySize) : IDrafter, ITreeExpander
{
    private const int Kept = 6; // tokens that are remembered behind each

    private readonly int[] _behind = new int[vocabularySize * Kept];
    private readonly byte[] _counts = new byte[vocabularySize];
    private readonly Acceptance[] _byRank = [.. new[] { 0.4, 0.12, 0.06, 0.04, 0.03, 0.02 }.Select(share => new Acceptance(share))];
    private readonly TreeGrower _grower = new();
    private readonly DraftTree _grown = new();
    private int _root;

    /// <inheritdoc/>
    public string Name => "recycle";

    /// <inheritdoc/>
    public async ValueTask DraftAsync(IReadOnlyList<int> text, DraftTree tree, int source, GrowthLimits limits, CancellationToken cancellationToken)
    {
        _root = text[^1];
        await _grower.GrowAsync(_grown, limits with { Width = Math.Min(limits.Width, Kept), LevelPenalty = -1e-6 }, this, cancellationToken);
        Merge(_grown, tree, source);
    }

    /// <inheritdoc/>
    public void Observe(int token, ReadOnlySpan<float> logits) =>
        _counts[token] = (byte)TopTokens.Find(logits, _behind.AsSpan(token * Kept, Kept));

    /// <inheritdoc/>
    public void Learn(DraftTree tree, int source, ReadOnlySpan<int> path, bool isCut)
    {
        for (int i = 0; i <= path.Length && !(isCut && i == path.Length); i++)
        {
            int rank = 0, at = i == 0 ? DraftTree.Root : path[i - 1];
            for (int child = tree.FirstChild(at); child != DraftTree.Root && rank < Kept; child = tree.NextSibling(child))
            {
                if (tree.Source(child) == source)
                {
                    _byRank[rank++].Count(i < path.Length && path[i] == child);
                }
            }
        }
    }

    /// <inheritdoc/>
    ValueTask ITreeExpander.ExpandAsync(
        DraftTree tree, IReadOnlyList<int> nodes, int width, List<DraftChild> children, CancellationToken cancellationToken)
    {
        foreach (int node in nodes)
        {
            int token = node == DraftTree.Root ? _root : tree.Token(node);
            for (int rank = 0; rank < Math.Min(width, (int)_counts[token]); rank++)
            {
                children.Add(new DraftChild(node, _behind[(token * Kept) + rank], Math.Log(_byRank[rank].Share)));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Adds a tree to another one.</summary>
    internal static void Merge(DraftTree from, DraftTree into, int source)
    {
        Span<int> numbers = from.Count <= 512 ? stackalloc int[from.Count] : new int[from.Count];
        for (int node = 0; node < from.Count; node++)
        {
            int parent = from.Parent(node);
            numbers[node] = into.Add(parent == DraftTree.Root ? parent : numbers[parent], from.Token(node), from.LogProbability(node), source);
        }
    }
}
