namespace Whorl.Generation.Speculation;

/// <summary>What may follow the nodes of a draft tree, by a draft model.</summary>
public interface ITreeExpander
{
    /// <summary>Looks behind some nodes in one pass.</summary>
    /// <param name="tree">The tree; the nodes' parents were looked behind before.</param>
    /// <param name="nodes">Numbers of nodes, rising; <see cref="DraftTree.Root"/> alone in the first pass.</param>
    /// <param name="width">The most children of each that are wanted.</param>
    /// <param name="children">
    /// Gets the likeliest next tokens: for each node in the given order, the likelier first, the lower token first among equals, each with the natural
    /// logarithm of its probability behind the node.
    /// </param>
    /// <param name="cancellationToken">Stops the pass.</param>
    ValueTask ExpandAsync(DraftTree tree, IReadOnlyList<int> nodes, int width, List<DraftChild> children, CancellationToken cancellationToken);
}

/// <summary>A token that may follow a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Token">The token.</param>
/// <param name="LogProbability">Natural logarithm of its probability behind the node.</param>
public readonly record struct DraftChild(int Node, int Token, double LogProbability);
