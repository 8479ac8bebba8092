using System.Globalization;
using Whorl.Models;

namespace Whorl.Swarm;

/// <summary>Blocks that nobody holds.</summary>
public static class MissingBlocks
{
    /// <summary>Runs of blocks that are wanted and in none of the ranges held, in order.</summary>
    public static IReadOnlyList<BlockRange> Of(IEnumerable<BlockRange> held, BlockRange wanted)
    {
        List<BlockRange> missing = [];
        int next = wanted.First;
        foreach (BlockRange range in held.OrderBy(r => r.First).Append(new BlockRange(wanted.Last + 1, wanted.Last + 1)))
        {
            if (range.First > next && next <= wanted.Last)
            {
                missing.Add(new BlockRange(next, Math.Min(range.First - 1, wanted.Last)));
            }

            next = Math.Max(next, range.Last + 1);
        }

        return missing;
    }

    /// <summary>As people write them: <c>block 7</c>, <c>blocks 2..3, 7</c>.</summary>
    public static string Name(IReadOnlyList<BlockRange> blocks) =>
        (blocks is [{ Count: 1 }] ? "block " : "blocks ")
        + string.Join(", ", blocks.Select(r => r.Count == 1 ? r.First.ToString(CultureInfo.InvariantCulture) : r.ToString()));
}
