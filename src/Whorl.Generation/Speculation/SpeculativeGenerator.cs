using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Whorl.Generation.Speculation;

/// <summary>
/// The decode loop with guesses: what may follow is computed with the token that is certain, in one pass, and the text then goes on from logits that are
/// there already for as long as it follows the guesses. Every token is drawn from the target model's logits by seed and position, so that the text is
/// that of <see cref="TokenGenerator"/>, byte for byte. Source: SpecExec, arXiv:2406.02532.
/// </summary>
/// <param name="session">The session; it has room for <see cref="Speculator.MaxScratch"/> scratch tokens.</param>
/// <param name="sampler">Chooses.</param>
/// <param name="vocabularySize">Number of logits.</param>
/// <param name="speculator">Guesses.</param>
/// <param name="time">Measures passes.</param>
public sealed class SpeculativeGenerator(ICausalSession session, Sampler sampler, int vocabularySize, Speculator speculator, TimeProvider time)
{
    private const int MostAhead = 8; // rows of logits that are computed together
    private const double LikelyEnough = 0.35; // to compute a node's logits before it is known whether it is reached

    private readonly CausalStep _step = new();
    private readonly float[] _ahead = new float[MostAhead * vocabularySize];
    private readonly int[] _aheadOf = new int[MostAhead]; // rows of the pass
    private readonly List<int> _rows = [];
    private readonly List<int> _path = [];
    private int _read; // nodes of the path whose logits were asked for: so many are committed, as without guesses
    private int[] _ids = [];
    private int[] _parents = [];

    /// <summary>Writes tokens until something ends the text; an end token ends it and is not given out.</summary>
    /// <param name="text">All tokens so far, which the session has committed.</param>
    /// <param name="logits">Those behind the last of them.</param>
    /// <param name="options">What ends it. Stop strings are the caller's: see <see cref="StopStringFilter"/>.</param>
    /// <param name="maxLength">Tokens the session holds.</param>
    /// <param name="stopped">Told why it ended.</param>
    /// <param name="cancellationToken">Stops between passes.</param>
    public async IAsyncEnumerable<int> GenerateAsync(
        IReadOnlyList<int> text,
        ReadOnlyMemory<float> logits,
        GenerationOptions options,
        int maxLength,
        Action<StopReason> stopped,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<int> all = [.. text];
        int most = (int)Math.Min((long)text.Count + options.MaxTokens, int.MaxValue);
        DraftTree? tree = null; // whose guesses are being walked
        int at = DraftTree.Root;
        ReadOnlyMemory<float> behind = logits;
        TimeSpan took = TimeSpan.Zero;
        bool isOpen = false;
        try
        {
            while (true)
            {
                if (all.Count == most)
                {
                    stopped(StopReason.MaxTokens);
                    yield break;
                }

                long start = time.GetTimestamp();
                int id = sampler.Next(behind.Span, all.Count);
                took += time.GetElapsedTime(start);
                if (options.EndTokens.Contains(id))
                {
                    stopped(StopReason.EndToken);
                    yield break;
                }

                all.Add(id);
                int child = tree?.Child(at, id) ?? DraftTree.Root;
                if (child != DraftTree.Root)
                {
                    _path.Add(child);
                    yield return id; // its keys and values are there already
                    at = child;
                    if (all.Count < most)
                    {
                        start = time.GetTimestamp();
                        behind = await BehindAsync(tree!, at, cancellationToken);
                        took += time.GetElapsedTime(start);
                        _read++;
                        speculator.Observe(id, behind.Span);
                    }

                    continue;
                }

                if (tree is not null)
                {
                    isOpen = false;
                    Close(tree, isCut: false, took);
                    tree = null;
                }

                yield return id;
                if (all.Count == most)
                {
                    continue;
                }

                if (session.Committed == maxLength)
                {
                    stopped(StopReason.ContextFull);
                    yield break;
                }

                int depth = Math.Min(most - all.Count, maxLength - session.Committed - 1);
                tree = session.Scratch == ScratchShape.None
                    ? null
                    : await speculator.PlanAsync(all, depth, session.Scratch == ScratchShape.Chains, cancellationToken);
                start = time.GetTimestamp();
                at = DraftTree.Root;
                if (tree is null)
                {
                    Prepare(id, null);
                    _step.Logits = _ahead.AsMemory(0, vocabularySize);
                    await session.StepAsync(_step, cancellationToken);
                    behind = _step.Logits;
                    speculator.CountPlain(time.GetElapsedTime(start));
                    took = TimeSpan.Zero;
                }
                else
                {
                    Prepare(id, tree);
                    _step.Logits = default;
                    await session.StepAsync(_step, cancellationToken);
                    isOpen = true;
                    _path.Clear();
                    _read = 0;
                    _rows.Clear();
                    behind = await BehindAsync(tree, at, cancellationToken);
                    took = time.GetElapsedTime(start);
                }

                speculator.Observe(id, behind.Span);
            }
        }
        finally
        {
            if (isOpen)
            {
                Close(tree!, isCut: true, took);
            }
        }
    }

    /// <summary>The step of a token that is certain, with guesses behind it.</summary>
    private void Prepare(int id, DraftTree? tree)
    {
        int rows = 1 + (tree?.Count ?? 0);
        if (_ids.Length < rows)
        {
            (_ids, _parents) = (new int[2 * rows], new int[2 * rows]);
        }

        (_ids[0], _parents[0]) = (id, -1);
        for (int node = 0; node < rows - 1; node++)
        {
            (_ids[node + 1], _parents[node + 1]) = (tree!.Token(node), tree.Parent(node) + 1);
        }

        (_step.Ids, _step.IsScratch) = (_ids.AsMemory(0, rows), tree is not null);
        _step.Parents = tree is null ? default : _parents.AsMemory(0, rows);
    }

    /// <summary>
    /// The logits behind a node. They are computed together with those of the nodes that are likely to follow: the head's weights are then read once.
    /// </summary>
    private async ValueTask<ReadOnlyMemory<float>> BehindAsync(DraftTree tree, int node, CancellationToken cancellationToken)
    {
        int row = _rows.IndexOf(node + 1);
        if (row < 0)
        {
            _rows.Clear();
            double here = node == DraftTree.Root ? 0 : tree.LogProbability(node);
            for (int next = node; ;)
            {
                _aheadOf[_rows.Count] = next + 1;
                _rows.Add(next + 1);
                int likeliest = DraftTree.Root;
                for (int child = tree.FirstChild(next); child != DraftTree.Root; child = tree.NextSibling(child))
                {
                    likeliest = likeliest == DraftTree.Root || tree.LogProbability(child) > tree.LogProbability(likeliest) ? child : likeliest;
                }

                if (likeliest == DraftTree.Root || _rows.Count == MostAhead || Math.Exp(tree.LogProbability(likeliest) - here) < LikelyEnough)
                {
                    break;
                }

                next = likeliest;
            }

            row = 0;
            await session.LogitsAsync(_aheadOf.AsMemory(0, _rows.Count), _ahead.AsMemory(0, _rows.Count * vocabularySize), cancellationToken);
        }

        return _ahead.AsMemory(row * vocabularySize, vocabularySize);
    }

    /// <summary>Says which of the pass's tokens the text has: the certain one, and the guesses that came true.</summary>
    private void Close(DraftTree tree, bool isCut, TimeSpan took)
    {
        Span<int> path = CollectionsMarshal.AsSpan(_path);
        speculator.Count(tree, path, isCut, took);
        Span<int> kept = _read < 256 ? stackalloc int[_read + 1] : new int[_read + 1];
        kept[0] = 0;
        for (int i = 0; i < _read; i++)
        {
            kept[i + 1] = path[i] + 1;
        }

        session.Settle(kept);
    }
}
