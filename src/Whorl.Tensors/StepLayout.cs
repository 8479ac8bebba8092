namespace Whorl.Tensors;

/// <summary>Which row of a step belongs to which session, where it stands, and what it may see. Reused from step to step.</summary>
/// <remarks>
/// Row i of a segment is written to slot <c>FirstSlot + i</c>. It sees the committed slots and its path: the scratch slots from the root of
/// the tree down to and including itself. Its position is Committed + (length of its path) - 1, so that a tree token and the same token
/// in a plain sequence see the same keys at the same positions, and give the same bytes.
/// </remarks>
public sealed class StepLayout
{
    private readonly List<StepSegment> _segments = [];
    private int[] _positions = new int[16];
    private int[] _pathStart = new int[17];
    private int[] _pathSlots = new int[64];
    private int[] _parents = new int[16];

    /// <summary>Rows of all segments.</summary>
    public int Rows { get; private set; }

    /// <summary>The sessions' parts, in row order.</summary>
    public IReadOnlyList<StepSegment> Segments => _segments;

    /// <summary>Position of each row in its session's text.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Rows);

    /// <summary>
    /// Parent of each row as a scratch number of its session, or -1 for the last committed token. Not filled for rows that commit.
    /// </summary>
    public ReadOnlySpan<int> Parents => _parents.AsSpan(0, Rows);

    /// <summary>The scratch slots that a row of a tree sees, in position order, its own last. Empty where the segment is a chain.</summary>
    public ReadOnlySpan<int> Path(int row) => _pathSlots.AsSpan(_pathStart[row], _pathStart[row + 1] - _pathStart[row]);

    /// <summary>Forgets all segments.</summary>
    public void Clear()
    {
        _segments.Clear();
        Rows = 0;
        _pathStart[0] = 0;
    }

    /// <summary>Adds tokens that are committed at once, each following the one before.</summary>
    /// <param name="committed">Tokens committed before.</param>
    /// <param name="rows">New tokens.</param>
    public void AddChain(int committed, int rows)
    {
        Reserve(rows, 0);
        for (int i = 0; i < rows; i++)
        {
            _positions[Rows + i] = committed + i;
            _parents[Rows + i] = -1;
            _pathStart[Rows + i + 1] = _pathStart[Rows];
        }

        _segments.Add(new StepSegment { FirstRow = Rows, Rows = rows, Committed = committed, Scratch = 0, Commits = true, IsChain = true });
        Rows += rows;
    }

    /// <summary>Adds scratch tokens: a tree, or more of one.</summary>
    /// <param name="committed">Tokens committed before.</param>
    /// <param name="parents">
    /// The parent of every scratch token of the session, those of earlier steps first: a lower scratch number, or -1 for the last
    /// committed token.
    /// </param>
    /// <param name="scratch">How many of them came in earlier steps.</param>
    /// <exception cref="ArgumentException">A parent is not a lower scratch number.</exception>
    public void AddTree(int committed, ReadOnlySpan<int> parents, int scratch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)scratch, (uint)parents.Length, nameof(scratch));
        bool chain = true;
        for (int i = 0; i < parents.Length; i++)
        {
            if (parents[i] < -1 || parents[i] >= i)
            {
                throw new ArgumentException($"scratch token {i} has parent {parents[i]}; it must be -1 or below {i}", nameof(parents));
            }

            chain &= parents[i] == i - 1;
        }

        int rows = parents.Length - scratch;
        for (int i = scratch; i < parents.Length; i++)
        {
            int depth = 0;
            for (int at = i; at >= 0; at = parents[at])
            {
                depth++;
            }

            Reserve(1, chain ? 0 : depth);
            int start = _pathStart[Rows];
            _positions[Rows] = committed + depth - 1;
            _parents[Rows] = parents[i];
            _pathStart[Rows + 1] = chain ? start : start + depth;
            for (int at = i; at >= 0 && !chain; at = parents[at])
            {
                _pathSlots[start + --depth] = committed + at;
            }

            Rows++;
        }

        _segments.Add(new StepSegment
        {
            FirstRow = Rows - rows,
            Rows = rows,
            Committed = committed,
            Scratch = scratch,
            Commits = false,
            IsChain = chain,
        });
    }

    private void Reserve(int rows, int slots)
    {
        if (_positions.Length < Rows + rows)
        {
            int size = Math.Max(Rows + rows, 2 * _positions.Length);
            Array.Resize(ref _positions, size);
            Array.Resize(ref _parents, size);
            Array.Resize(ref _pathStart, size + 1);
        }

        if (_pathSlots.Length < _pathStart[Rows] + slots)
        {
            Array.Resize(ref _pathSlots, Math.Max(_pathStart[Rows] + slots, 2 * _pathSlots.Length));
        }
    }
}
