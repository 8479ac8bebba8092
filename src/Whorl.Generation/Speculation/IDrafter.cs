namespace Whorl.Generation.Speculation;

/// <summary>Guesses how a text goes on. A wrong guess costs time and changes no byte.</summary>
public interface IDrafter : IAsyncDisposable
{
    /// <summary>What it is called in statistics.</summary>
    string Name { get; }

    /// <summary>Adds to a tree what may follow a text.</summary>
    /// <param name="text">All tokens so far, the last one the tree's root: the text of the last call with more behind it, or another one.</param>
    /// <param name="tree">Receives the guesses, with the probability that each path is taken; it may hold others'.</param>
    /// <param name="source">What its nodes are marked with.</param>
    /// <param name="limits">How many nodes are worth while, and how deep.</param>
    /// <param name="cancellationToken">Stops the guessing.</param>
    ValueTask DraftAsync(IReadOnlyList<int> text, DraftTree tree, int source, GrowthLimits limits, CancellationToken cancellationToken);

    /// <summary>Learns what the target model says behind a token of the text.</summary>
    /// <param name="token">The token.</param>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    void Observe(int token, ReadOnlySpan<float> logits)
    {
    }

    /// <summary>Learns how far the text has followed its last guesses.</summary>
    /// <param name="tree">The tree that was computed.</param>
    /// <param name="source">What its nodes are marked with.</param>
    /// <param name="path">The nodes that the text took, from the root down.</param>
    /// <param name="isCut">Whether the text ended on its way: what lies below says nothing.</param>
    void Learn(DraftTree tree, int source, ReadOnlySpan<int> path, bool isCut)
    {
    }
}
