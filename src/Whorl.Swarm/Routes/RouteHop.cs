using Whorl.Models;

namespace Whorl.Swarm;

/// <summary>One server of a route.</summary>
/// <param name="Server">The server.</param>
/// <param name="Range">Those of its blocks that it computes.</param>
public sealed record RouteHop(BlockServer Server, BlockRange Range);
