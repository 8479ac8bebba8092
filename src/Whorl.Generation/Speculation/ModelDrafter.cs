namespace Whorl.Generation.Speculation;

/// <summary>Guesses with a smaller model that has the same vocabulary: the paths that it holds the likeliest.</summary>
/// <param name="name">What it is called.</param>
/// <param name="model">The model; not closed with this.</param>
public sealed class ModelDrafter(string name, ICausalModel model) : IDrafter, ITreeExpander
{
    private const int MostScratch = 512;

    private readonly List<int> _held = [];
    private readonly List<int> _scratchTokens = [];
    private readonly List<int> _scratchParents = [];
    private readonly List<int> _numbers = []; // of the tree's nodes among the scratch tokens; -1 for those that are none
    private readonly List<int> _path = [];
    private readonly CausalStep _step = new();
    private readonly TreeGrower _grower = new();
    private readonly DraftTree _grown = new();
    private readonly int[] _top = new int[256];
    private int[] _ids = [];
    private int[] _parents = [];
    private float[] _logits = [];
    private ICausalSession? _session;
    private int _maxLength;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public async ValueTask DraftAsync(IReadOnlyList<int> text, DraftTree tree, int source, GrowthLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            if (!await FollowAsync(text, limits, cancellationToken))
            {
                return;
            }

            await _grower.GrowAsync(_grown, limits, this, cancellationToken);
        }
        catch
        {
            await CloseAsync(); // what it holds now is not known
            throw;
        }

        RecyclingDrafter.Merge(_grown, tree, source);
    }

    /// <inheritdoc/>
    async ValueTask ITreeExpander.ExpandAsync(
        DraftTree tree, IReadOnlyList<int> nodes, int width, List<DraftChild> children, CancellationToken cancellationToken)
    {
        if (_scratchTokens.Count + nodes.Count > MostScratch)
        {
            return; // the tree grows no further
        }

        if (nodes[0] != DraftTree.Root)
        {
            await ComputeAsync(tree, nodes, cancellationToken);
        }

        int vocabulary = model.VocabularySize;
        for (int i = 0; i < nodes.Count; i++)
        {
            ReadOnlySpan<float> logits = _logits.AsSpan(i * vocabulary, vocabulary);
            double sum = TopTokens.LogSum(logits);
            int count = TopTokens.Find(logits, _top.AsSpan(0, Math.Min(width, _top.Length)));
            for (int k = 0; k < count; k++)
            {
                children.Add(new DraftChild(nodes[i], _top[k], logits[_top[k]] - sum));
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Commits the text, and gets the logits behind its last token.</summary>
    /// <returns>False where it is longer than the model's texts may be.</returns>
    private async ValueTask<bool> FollowAsync(IReadOnlyList<int> text, GrowthLimits limits, CancellationToken cancellationToken)
    {
        int longest = model.ContextLength ?? int.MaxValue;
        if (text.Count + limits.Passes > longest)
        {
            return false;
        }

        if (!IsBeginning(text) || text.Count > _maxLength)
        {
            await CloseAsync();
        }

        if (_session is null)
        {
            _maxLength = (int)Math.Min(longest, Math.Max(2L * text.Count, 1024));
            _session = await model.OpenAsync(_maxLength, MostScratch, cancellationToken);
        }

        KeepPath(text);
        _numbers.Clear();
        GrowTo(ref _logits, model.VocabularySize);
        while (_held.Count < text.Count)
        {
            int rows = Math.Min(TokenGenerator.ChunkSize, text.Count - _held.Count);
            GrowTo(ref _ids, rows);
            for (int i = 0; i < rows; i++)
            {
                _ids[i] = text[_held.Count + i];
            }

            (_step.Ids, _step.IsScratch, _step.Parents) = (_ids.AsMemory(0, rows), false, default);
            _step.Logits = _held.Count + rows == text.Count ? _logits.AsMemory(0, model.VocabularySize) : default;
            await _session.StepAsync(_step, cancellationToken);
            _held.AddRange(_ids.AsSpan(0, rows));
        }

        return true;
    }

    private bool IsBeginning(IReadOnlyList<int> text)
    {
        if (_held.Count >= text.Count)
        {
            return false; // one token at least is computed, for its logits
        }

        for (int i = 0; i < _held.Count; i++)
        {
            if (_held[i] != text[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What the text has taken of the last tree is committed as it is, but for the text's last token.</summary>
    private void KeepPath(IReadOnlyList<int> text)
    {
        if (_scratchTokens.Count == 0)
        {
            return;
        }

        _path.Clear();
        for (int parent = -1; _held.Count + _path.Count < text.Count - 1;)
        {
            int next = -1;
            for (int i = parent + 1; i < _scratchTokens.Count && next < 0; i++)
            {
                next = _scratchParents[i] == parent && _scratchTokens[i] == text[_held.Count + _path.Count] ? i : -1;
            }

            if (next < 0)
            {
                break;
            }

            _path.Add(next);
            parent = next;
        }

        _session!.Settle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_path));
        foreach (int kept in _path)
        {
            _held.Add(_scratchTokens[kept]);
        }

        _scratchTokens.Clear();
        _scratchParents.Clear();
    }

    private async ValueTask ComputeAsync(DraftTree tree, IReadOnlyList<int> nodes, CancellationToken cancellationToken)
    {
        GrowTo(ref _ids, nodes.Count);
        GrowTo(ref _parents, nodes.Count);
        GrowTo(ref _logits, nodes.Count * model.VocabularySize);
        for (int i = 0; i < nodes.Count; i++)
        {
            int parent = tree.Parent(nodes[i]);
            (_ids[i], _parents[i]) = (tree.Token(nodes[i]), parent == DraftTree.Root ? -1 : _numbers[parent]);
            while (_numbers.Count <= nodes[i])
            {
                _numbers.Add(-1);
            }

            _numbers[nodes[i]] = _scratchTokens.Count;
            _scratchTokens.Add(_ids[i]);
            _scratchParents.Add(_parents[i]);
        }

        (_step.Ids, _step.IsScratch, _step.Parents) = (_ids.AsMemory(0, nodes.Count), true, _parents.AsMemory(0, nodes.Count));
        _step.Logits = _logits.AsMemory(0, nodes.Count * model.VocabularySize);
        await _session!.StepAsync(_step, cancellationToken);
    }

    private async ValueTask CloseAsync()
    {
        ICausalSession? session = _session;
        _session = null;
        _held.Clear();
        _scratchTokens.Clear();
        _scratchParents.Clear();
        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }

    private static void GrowTo<T>(ref T[] array, int length) => array = array.Length >= length ? array : new T[Math.Max(length, 2 * array.Length)];
}
