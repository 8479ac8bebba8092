using Whorl.Generation.Speculation;

namespace Whorl.Generation.Tests.Speculation;

/// <summary>Guesses anything: branches and chains, some of them right.</summary>
internal sealed class RandomDrafter(int seed, int vocabulary, double right) : IDrafter
{
    private readonly Random _random = new(seed);

    public string Name => "random";

    public ValueTask DraftAsync(IReadOnlyList<int> text, DraftTree tree, int source, GrowthLimits limits, CancellationToken cancellationToken)
    {
        int count = _random.Next(limits.Nodes + 1);
        for (int i = 0; i < count; i++)
        {
            int parent = _random.Next(-1, tree.Count);
            if (parent != DraftTree.Root && tree.Depth(parent) >= limits.Passes)
            {
                continue;
            }

            List<int> path = [];
            for (int node = parent; node != DraftTree.Root; node = tree.Parent(node))
            {
                path.Insert(0, tree.Token(node));
            }

            float[] logits = HashSession.Logits([.. text, .. path], vocabulary);
            int token = _random.NextDouble() < right ? Array.IndexOf(logits, logits.Max()) : _random.Next(vocabulary);
            double above = parent == DraftTree.Root ? 0 : tree.LogProbability(parent);
            tree.Add(parent, token, above - 0.01 - _random.NextDouble(), source);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
