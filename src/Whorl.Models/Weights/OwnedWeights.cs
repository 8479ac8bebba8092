namespace Whorl.Models;

/// <summary>The one owner of some weights, most often a block's.</summary>
internal sealed class OwnedWeights : IDisposable
{
    private readonly List<IDisposable> _weights = [];

    public void Add(IDisposable weight) => _weights.Add(weight);

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());
}
