namespace Whorl.Generation.Speculation;

/// <summary>
/// Grows the tree of the paths that a draft model holds the likeliest, best first over all depths, many nodes in a pass. With enough beams and width
/// it is the exact set. Source: SpecExec, arXiv:2406.02532, algorithm 1, as its code does it.
/// </summary>
public sealed class TreeGrower
{
    private readonly DraftTree _grown = new();
    private readonly List<int> _waiting = [];
    private readonly List<int> _expanding = [];
    private readonly List<DraftChild> _children = [];
    private readonly List<double> _order = [];
    private readonly List<int> _kept = [];

    /// <summary>Passes of the draft model that the last tree took.</summary>
    public int Passes { get; private set; }

    /// <summary>Grows a tree.</summary>
    /// <param name="tree">Receives it; what it holds is forgotten.</param>
    /// <param name="limits">How large it grows.</param>
    /// <param name="expander">The draft model.</param>
    /// <param name="cancellationToken">Stops between passes.</param>
    public async ValueTask GrowAsync(DraftTree tree, GrowthLimits limits, ITreeExpander expander, CancellationToken cancellationToken)
    {
        _grown.Clear();
        _waiting.Clear();
        _waiting.Add(DraftTree.Root);
        for (Passes = 0; Passes < limits.Passes && TakeBeams(limits); Passes++)
        {
            _children.Clear();
            await expander.ExpandAsync(_grown, _expanding, limits.Width, _children, cancellationToken);
            if (!TryAdd(limits))
            {
                Passes++;
                break;
            }
        }

        Trim(tree, limits.Nodes);
    }

    private double LogProbability(int node) => node == DraftTree.Root ? 0 : _grown.LogProbability(node);

    /// <summary>Takes the likeliest of the waiting nodes, in the order of their numbers.</summary>
    private bool TakeBeams(GrowthLimits limits)
    {
        _expanding.Clear();
        _expanding.AddRange(_waiting);
        if (_expanding.Count > limits.Beams)
        {
            _expanding.Sort((a, b) => LogProbability(a) != LogProbability(b) ? LogProbability(b).CompareTo(LogProbability(a)) : a.CompareTo(b));
            _expanding.RemoveRange(limits.Beams, _expanding.Count - limits.Beams);
            _expanding.Sort();
        }

        if (limits.LeastOfPass > 0 && _expanding.Sum(node => Math.Exp(LogProbability(node))) < limits.LeastOfPass)
        {
            return false;
        }

        _waiting.RemoveAll(_expanding.Contains);
        return _expanding.Count > 0;
    }

    /// <returns>Whether another pass can improve the tree.</returns>
    private bool TryAdd(GrowthLimits limits)
    {
        double least = limits.LeastProbability > 0 ? Math.Log(limits.LeastProbability) : double.NegativeInfinity;
        for (int i = 0; i < _children.Count; i++)
        {
            _children[i] = _children[i] with { LogProbability = LogProbability(_children[i].Node) + limits.LevelPenalty + _children[i].LogProbability };
        }

        _children.RemoveAll(child => child.LogProbability < least || double.IsNegativeInfinity(child.LogProbability));
        double last = double.NegativeInfinity; // of the nodes there are, the one that would be kept last
        if (_grown.Count >= limits.Nodes)
        {
            last = Least(limits.Nodes, isWithChildren: false);
        }

        if (_grown.Count + _children.Count > limits.Nodes)
        {
            double threshold = Least(limits.Nodes, isWithChildren: true);
            _children.RemoveAll(child => child.LogProbability < threshold);
        }

        if (_children.Count == 0 || (_grown.Count >= limits.Nodes && _children.Max(child => child.LogProbability) <= last))
        {
            return false;
        }

        foreach (DraftChild child in _children)
        {
            _waiting.Add(_grown.Add(child.Node, child.Token, child.LogProbability));
        }

        return true;
    }

    /// <summary>The logarithm that the k-th likeliest has.</summary>
    private double Least(int k, bool isWithChildren)
    {
        _order.Clear();
        for (int node = 0; node < _grown.Count; node++)
        {
            _order.Add(_grown.LogProbability(node));
        }

        if (isWithChildren)
        {
            foreach (DraftChild child in _children)
            {
                _order.Add(child.LogProbability);
            }
        }

        _order.Sort();
        return _order[^k];
    }

    /// <summary>Keeps the likeliest, in the order of their numbers: with a penalty below 0 none without its parent.</summary>
    private void Trim(DraftTree tree, int nodes)
    {
        _kept.Clear();
        for (int node = 0; node < _grown.Count; node++)
        {
            _kept.Add(node);
        }

        if (_kept.Count > nodes)
        {
            _kept.Sort((a, b) => LogProbability(a) != LogProbability(b) ? LogProbability(b).CompareTo(LogProbability(a)) : a.CompareTo(b));
            _kept.RemoveRange(nodes, _kept.Count - nodes);
            _kept.Sort();
        }

        tree.CopyFrom(_grown, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_kept));
    }
}
