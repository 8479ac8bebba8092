using Whorl.Models;

namespace Whorl.Client;

/// <summary>No chain of servers computes the whole model, or what of it was asked for.</summary>
/// <param name="reason">What is missing.</param>
/// <param name="missing">The blocks that nobody computes; null for all that were asked for.</param>
/// <param name="inner">Why one who holds them does not; null where nobody does.</param>
public sealed class NoRouteException(string reason, IReadOnlyList<BlockRange>? missing = null, Exception? inner = null)
    : Exception(reason, inner)
{
    /// <summary>The blocks that nobody computes; empty for all that were asked for.</summary>
    public IReadOnlyList<BlockRange> Missing { get; } = missing ?? [];
}
