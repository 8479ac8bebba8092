using System.Numerics;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>
/// Smoothed times that servers took to compute a block, by the number of rows (a power of two), as their sessions measured them. No I/O and no clock:
/// the time is given. Not thread-safe.
/// </summary>
public sealed class RouteCosts
{
    private const double Weight = 0.2; // of the newest of several, as of pings
    private const int LeastSteps = 8; // the first steps of a server that was just started tell of its start
    private const int MaxServers = 4096;

    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(300); // then a server that was slow is worth a try again

    private readonly Dictionary<(PeerId Peer, int Size), (double Seconds, DateTimeOffset At, int Steps)> _costs = [];

    /// <summary>Counts a step.</summary>
    /// <param name="peer">Who computed it.</param>
    /// <param name="rows">Its rows, at least 1.</param>
    /// <param name="blocks">Blocks that were computed, at least 1.</param>
    /// <param name="computing">How long that took, waiting for others' steps included.</param>
    /// <param name="now">When.</param>
    public void Add(PeerId peer, int rows, int blocks, TimeSpan computing, DateTimeOffset now)
    {
        double seconds = computing.TotalSeconds / blocks;
        (PeerId, int) key = (peer, SizeOf(rows));
        if (_costs.TryGetValue(key, out (double Seconds, DateTimeOffset At, int Steps) before) && now - before.At < Validity)
        {
            _costs[key] = ((Weight * seconds) + ((1 - Weight) * before.Seconds), now, before.Steps + 1);
        }
        else if (before.Steps > 0 || _costs.Count < MaxServers)
        {
            _costs[key] = (seconds, now, 1);
        }
    }

    /// <summary>Seconds a block by base58 peer id, for steps of about so many rows; without those too old, or of too few steps.</summary>
    public IReadOnlyDictionary<string, double> Current(int rows, DateTimeOffset now)
    {
        foreach ((PeerId, int) old in _costs.Where(cost => now - cost.Value.At >= Validity).Select(cost => cost.Key).ToArray())
        {
            _costs.Remove(old);
        }

        int size = SizeOf(rows);
        return _costs.Where(cost => cost.Key.Size == size && cost.Value.Steps >= LeastSteps)
            .ToDictionary(cost => cost.Key.Peer.ToString(), cost => cost.Value.Seconds, StringComparer.Ordinal);
    }

    private static int SizeOf(int rows) => BitOperations.Log2((uint)Math.Max(rows, 1));
}
