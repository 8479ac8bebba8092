using Whorl.Generation;

namespace Whorl.Cli.Chaos;

/// <summary>One generation: what is written, and what befalls the swarm meanwhile. The same seed gives the same plan.</summary>
/// <param name="Seed">Of the text.</param>
/// <param name="Turns">What each turn begins with and how much is written in it.</param>
/// <param name="Events">In the order of time.</param>
/// <param name="ComputesLostBlocks">Whether the client may compute what is lost; else it waits for the servers.</param>
internal sealed record ChaosPlan(ulong Seed, IReadOnlyList<ChaosTurn> Turns, IReadOnlyList<ChaosEvent> Events, bool ComputesLostBlocks)
{
    private const int LongestPrompt = 600; // more than one chunk of a prefill

    /// <summary>Makes a plan.</summary>
    /// <param name="seed">Of the whole run.</param>
    /// <param name="generation">Its number, from 0.</param>
    /// <param name="tokens">How many are written, over all turns.</param>
    /// <param name="context">The most tokens of a session.</param>
    /// <param name="vocabulary">Ids are below it.</param>
    /// <param name="servers">How many there are.</param>
    /// <param name="faults">How many events; each falls on any server.</param>
    /// <param name="kinds">What may happen.</param>
    public static ChaosPlan Make(
        ulong seed, int generation, int tokens, int context, int vocabulary, int servers, int faults, IReadOnlyList<ChaosKind> kinds)
    {
        Draws draws = new(unchecked((seed * 1_000_003) + (ulong)generation));
        int second = tokens / 2, room = Math.Max(2, context - tokens);
        ChaosTurn[] turns =
        [
            new(draws.Ids(1 + draws.Below(Math.Min(LongestPrompt, room / 2)), vocabulary), tokens - second),
            new(draws.Ids(1 + draws.Below(Math.Min(LongestPrompt, room / 2) / 4 + 1), vocabulary), second),
        ];
        // Who has lied is not asked again: where only it holds some blocks, nobody but the client itself could compute them.
        ChaosKind[] possible = [.. kinds.Where(kind => kind != ChaosKind.Lie)];
        bool computes = generation % 2 == 1 || possible.Length == 0;
        IReadOnlyList<ChaosKind> usable = computes ? kinds : possible;
        List<ChaosEvent> events = [];
        for (int i = 0; i < faults; i++)
        {
            int turn = draws.Below(turns.Length);
            int token = draws.Below(8) switch
            {
                0 => -1,
                1 => 0,
                _ => 1 + draws.Below(Math.Max(1, turns[turn].Tokens)),
            };
            ChaosKind kind = usable[draws.Below(usable.Count)];
            events.Add(new ChaosEvent(kind, draws.Below(servers), turn, token, TimeSpan.FromMilliseconds(50 + draws.Below(1500))));
        }

        return new ChaosPlan(draws.Seed, turns, [.. events.OrderBy(e => e.Turn).ThenBy(e => e.Token)], computes);
    }

    private sealed class Draws(ulong seed)
    {
        private int _drawn;

        public ulong Seed => seed;

        public int Below(int limit) => (int)(PositionRandom.Uniform(seed, _drawn++) * limit);

        public int[] Ids(int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => Below(vocabulary))];
    }
}
