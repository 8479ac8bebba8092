namespace Whorl.Generation.Speculation;

/// <summary>
/// Tokens that may follow a text, as a tree whose root is the text's last token. A node is added behind its parent; nodes are numbered from 0 in that
/// order. Reusable.
/// </summary>
public sealed class DraftTree
{
    /// <summary>In place of a node's number: the root.</summary>
    public const int Root = -1;

    private Node[] _nodes = new Node[64];
    private int _firstOfRoot = Root;

    /// <summary>Number of nodes; the root is none.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all nodes.</summary>
    public void Clear() => (Count, _firstOfRoot) = (0, Root);

    /// <summary>Adds a node; one that is there already keeps the larger probability.</summary>
    /// <param name="parent">Number of its parent, or <see cref="Root"/>.</param>
    /// <param name="token">Its token.</param>
    /// <param name="logProbability">Natural logarithm of the probability that the text takes the whole path down to it, at most the parent's.</param>
    /// <param name="source">Who proposes it: any number; the first one stays.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such parent.</exception>
    public int Add(int parent, int token, double logProbability, int source = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parent, Root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parent, Count);
        int last = Root;
        for (int child = FirstChild(parent); child != Root; child = _nodes[child].Next)
        {
            if (_nodes[child].Token == token)
            {
                _nodes[child].LogProbability = Math.Max(_nodes[child].LogProbability, logProbability);
                return child;
            }

            last = child;
        }

        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, 2 * Count);
        }

        int added = Count++;
        _nodes[added] = new Node
        {
            Token = token,
            Parent = parent,
            Depth = parent == Root ? 1 : _nodes[parent].Depth + 1,
            LogProbability = logProbability,
            Source = source,
            First = Root,
            Next = Root,
        };
        if (last != Root)
        {
            _nodes[last].Next = added;
        }
        else if (parent == Root)
        {
            _firstOfRoot = added;
        }
        else
        {
            _nodes[parent].First = added;
        }

        return added;
    }

    /// <summary>The token of a node.</summary>
    public int Token(int node) => _nodes[node].Token;

    /// <summary>The parent of a node, or <see cref="Root"/>.</summary>
    public int Parent(int node) => _nodes[node].Parent;

    /// <summary>How far below the root a node is, from 1.</summary>
    public int Depth(int node) => _nodes[node].Depth;

    /// <summary>Natural logarithm of the probability of the path down to a node.</summary>
    public double LogProbability(int node) => _nodes[node].LogProbability;

    /// <summary>Who has proposed a node.</summary>
    public int Source(int node) => _nodes[node].Source;

    /// <summary>The first child of a node or of the root, in the order in which they were added; <see cref="Root"/> for none.</summary>
    public int FirstChild(int node) => node == Root ? _firstOfRoot : _nodes[node].First;

    /// <summary>The next child of the same parent; <see cref="Root"/> for none.</summary>
    public int NextSibling(int node) => _nodes[node].Next;

    /// <summary>The child of a node or of the root that has a token; <see cref="Root"/> for none.</summary>
    public int Child(int node, int token)
    {
        int child = FirstChild(node);
        while (child != Root && _nodes[child].Token != token)
        {
            child = _nodes[child].Next;
        }

        return child;
    }

    /// <summary>Puts some nodes of another tree in place of this one's.</summary>
    /// <param name="other">The other tree.</param>
    /// <param name="nodes">Nodes of it, each behind its parent.</param>
    public void CopyFrom(DraftTree other, ReadOnlySpan<int> nodes)
    {
        Clear();
        Span<int> numbers = nodes.Length <= 256 ? stackalloc int[nodes.Length] : new int[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            Node node = other._nodes[nodes[i]];
            int parent = node.Parent == Root ? Root : numbers[nodes[..i].IndexOf(node.Parent)];
            numbers[i] = Add(parent, node.Token, node.LogProbability, node.Source);
        }
    }

    private struct Node
    {
        public int Token;
        public int Parent;
        public int Depth;
        public double LogProbability;
        public int Source;
        public int First;
        public int Next;
    }
}
