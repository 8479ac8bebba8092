using System.Runtime.InteropServices;

namespace Whorl.Generation.Speculation;

/// <summary>
/// Decides before each pass of the target model which guesses are computed with it: so many as are worth their time, by what passes took and how often
/// guesses came true lately, or none. Several drafters' guesses meet in one tree.
/// </summary>
/// <param name="drafters">Who guesses; closed with this.</param>
/// <param name="time">Measures.</param>
public sealed class Speculator(IReadOnlyList<IDrafter> drafters, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The most nodes of a tree.</summary>
    public const int MostNodes = 512;

    /// <summary>The most nodes of a tree whose size is left to the measurement.</summary>
    public const int MostAutomatic = 48;


    private const int FirstPlain = 4, PlainEvery = 64; // passes

    private static readonly TimeSpan LongPass = TimeSpan.FromMilliseconds(20);

    private readonly Proposer[] _proposers = [.. drafters.Select(drafter => new Proposer(drafter))];
    private readonly PassTimes _times = new();
    private readonly DraftTree _proposed = new();
    private readonly DraftTree _chosen = new();
    private readonly List<int> _order = [];
    private readonly List<double> _shares = [];
    private int _passes;
    private int _plain;
    private int _lastPlain;
    private int _tokens;
    private int _drafted;
    private int _accepted;

    /// <summary>Nodes of every tree; null where the measurement decides.</summary>
    /// <value>Default null.</value>
    public int? TreeSize { get; init; }

    /// <summary>The most scratch tokens that a pass needs of a session.</summary>
    public int MaxScratch => 1 + (TreeSize ?? MostAutomatic);

    /// <summary>What passes took.</summary>
    public PassTimes Times => _times;

    /// <summary>What it has come to.</summary>
    public SpeculationStatistics Statistics
    {
        get
        {
            Dictionary<string, SpeculationRoute> routes = new() { ["off"] = new SpeculationRoute(_plain, 0, 0) };
            foreach (Proposer proposer in _proposers)
            {
                routes[proposer.Drafter.Name] = new SpeculationRoute(proposer.Passes, proposer.Drafted, proposer.Accepted);
            }

            return new SpeculationStatistics(_passes, _tokens, _drafted, _accepted, routes);
        }
    }

    /// <summary>Chooses the guesses of the next pass.</summary>
    /// <param name="text">All tokens so far; the last one is yet to be computed.</param>
    /// <param name="maxDepth">The most guesses one behind the other that the text has room for.</param>
    /// <param name="isChain">Whether whoever computes them takes a chain only.</param>
    /// <param name="cancellationToken">Stops the guessing.</param>
    /// <returns>The tree, good until the next call; null where none is worth while.</returns>
    public async ValueTask<DraftTree?> PlanAsync(IReadOnlyList<int> text, int maxDepth, bool isChain, CancellationToken cancellationToken)
    {
        _proposed.Clear();
        if (maxDepth <= 0 || (TreeSize is null && IsToBeMeasured()))
        {
            return null;
        }

        int most = TreeSize ?? MostAutomatic;
        double one = _times.IsKnown ? _times.Of(1) : 0;
        GrowthLimits limits = new() { Nodes = most, Passes = Math.Min(maxDepth, TreeSize is null ? 12 : 32), Beams = 32, Width = 8 };
        if (TreeSize is null)
        {
            // A row that is reached far less often than it is dear is not worth guessing; which of the others are, is chosen below.
            double row = Math.Min((_times.Of(5) - one) / 4, (_times.Of(most + 1) - one) / most) / one;
            limits = limits with { LeastProbability = Math.Clamp(row / 2, 0.003, 0.3) };
        }

        for (int i = 0; i < _proposers.Length; i++)
        {
            Proposer proposer = _proposers[i];
            if (TreeSize is null && proposer.Rest > 0)
            {
                proposer.Rest--;
                continue;
            }

            long start = time.GetTimestamp();
            GrowthLimits own = TreeSize is null ? limits with { LeastOfPass = Math.Min(proposer.SecondsOfLevel / one, 1) } : limits;
            int before = _proposed.Count;
            await proposer.Drafter.DraftAsync(text, _proposed, i, own, cancellationToken);
            proposer.Took(time.GetElapsedTime(start).TotalSeconds, Deepest(before) + 1);
        }

        Choose(most, isChain);
        return _chosen.Count > 0 ? _chosen : null;
    }

    /// <summary>Counts a pass without guesses.</summary>
    /// <param name="took">How long it took.</param>
    public void CountPlain(TimeSpan took)
    {
        _times.Count(1, took);
        _lastPlain = ++_passes;
        _plain++;
        _tokens++;
        foreach (Proposer proposer in _proposers)
        {
            proposer.Settle(0, 0);
        }
    }

    /// <summary>Counts a pass, and learns from it.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="path">The nodes that the text took, from the root down.</param>
    /// <param name="isCut">Whether the text ended on its way.</param>
    /// <param name="took">How long it took, with the choosing of tokens.</param>
    public void Count(DraftTree tree, ReadOnlySpan<int> path, bool isCut, TimeSpan took)
    {
        _times.Count(1 + tree.Count, took);
        double one = _times.IsKnown ? _times.Of(1) : 0, more = Math.Max(took.TotalSeconds - one, 0) / tree.Count; // what a guess costs
        _passes++;
        _tokens += path.Length + (isCut ? 0 : 1);
        _drafted += tree.Count;
        _accepted += path.Length;
        for (int i = 0; i < _proposers.Length; i++)
        {
            Proposer proposer = _proposers[i];
            int drafted = 0;
            for (int node = 0; node < tree.Count; node++)
            {
                drafted += tree.Source(node) == i ? 1 : 0;
            }

            int accepted = 0;
            foreach (int node in path)
            {
                accepted += tree.Source(node) == i ? 1 : 0;
            }

            proposer.Settle(accepted * one, drafted * more);
            if (drafted > 0)
            {
                (proposer.Passes, proposer.Drafted, proposer.Accepted) = (proposer.Passes + 1, proposer.Drafted + drafted, proposer.Accepted + accepted);
                proposer.Judge(tree, i, path, isCut);
                proposer.Drafter.Learn(tree, i, path, isCut);
            }
        }
    }

    /// <summary>Tells the drafters what the target model says behind a token of the text.</summary>
    /// <param name="token">The token.</param>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    public void Observe(int token, ReadOnlySpan<float> logits)
    {
        foreach (Proposer proposer in _proposers)
        {
            proposer.Drafter.Observe(token, logits);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Proposer proposer in _proposers)
        {
            await proposer.Drafter.DisposeAsync();
        }
    }

    /// <summary>
    /// Whether a pass without guesses is due, by which the others are measured: some at first, as the first ones run code for the first time, unless passes take so
    /// long that this does not matter; and one now and then.
    /// </summary>
    private bool IsToBeMeasured() =>
        !_times.IsKnown || (_plain < FirstPlain && _times.Of(1) < LongPass.TotalSeconds) || _passes - _lastPlain >= PlainEvery;

    private int Deepest(int from)
    {
        int deepest = 0;
        for (int node = from; node < _proposed.Count; node++)
        {
            deepest = Math.Max(deepest, _proposed.Depth(node));
        }

        return deepest;
    }

    /// <summary>Takes the likeliest nodes, as many as make a token cheapest.</summary>
    private void Choose(int most, bool isChain)
    {
        _shares.Clear();
        _order.Clear();
        for (int node = 0; node < _proposed.Count; node++)
        {
            int parent = _proposed.Parent(node);
            double above = parent == DraftTree.Root ? 0 : _proposed.LogProbability(parent);
            double share = Math.Min(Math.Exp(_proposed.LogProbability(node) - above) * _proposers[_proposed.Source(node)].Correction, 1);
            _shares.Add(share * (parent == DraftTree.Root ? 1 : _shares[parent]));
            _order.Add(node);
        }

        _order.Sort((a, b) => _shares[a] != _shares[b] ? _shares[b].CompareTo(_shares[a]) : a.CompareTo(b)); // none before its parent
        if (isChain)
        {
            int end = DraftTree.Root;
            _order.RemoveAll(node => _proposed.Parent(node) != end || (end = node) != node);
        }

        int best = Math.Min(most, _order.Count);
        if (TreeSize is null && best > 0)
        {
            double tokens = 1, cheapest = _times.Of(1);
            int count = best;
            best = 0;
            for (int n = 1; n <= count; n++)
            {
                tokens += _shares[_order[n - 1]];
                double cost = _times.Of(n + 1) / tokens;
                (best, cheapest) = cost < cheapest * 0.99 ? (n, cost) : (best, cheapest);
            }
        }

        _chosen.CopyFrom(_proposed, CollectionsMarshal.AsSpan(_order)[..best]);
    }

    /// <summary>A drafter, and what is known of it.</summary>
    private sealed class Proposer(IDrafter drafter)
    {
        private const double Memory = 0.9; // of what was spent and saved
        private const int Trials = 8; // guesses before it is judged
        private const int FirstRest = 32, LongestRest = 4096; // passes

        private double _expected = 2;
        private double _seen = 2;
        private double? _spent; // seconds, on guesses that are yet to be settled
        private double _saved;
        private double _cost;
        private int _judged;
        private int _unjudged = 2; // the first times are those of a prompt, and of code that runs for the first time
        private int _nextRest = FirstRest;

        public IDrafter Drafter => drafter;

        public int Passes { get; set; }

        public int Drafted { get; set; }

        public int Accepted { get; set; }

        /// <summary>Passes for which it is not asked.</summary>
        public int Rest { get; set; }

        /// <summary>What a level of its guesses takes.</summary>
        public double SecondsOfLevel { get; private set; }

        /// <summary>What its probabilities are to be multiplied with, at each level, to be those that were seen.</summary>
        public double Correction => Math.Clamp(_seen / _expected, 0.2, 1.25);

        public void Took(double seconds, int levels)
        {
            _spent = seconds;
            SecondsOfLevel = Lately(SecondsOfLevel, seconds / levels);
        }

        /// <summary>
        /// Compares what its guesses have saved with what they cost, this time and lately: where they do not pay, it rests, the longer the more often in a row.
        /// </summary>
        /// <param name="saved">Seconds that the text is further for them.</param>
        /// <param name="spent">Seconds that the pass took longer for them.</param>
        public void Settle(double saved, double spent)
        {
            if (_spent is not { } drafting)
            {
                return;
            }

            _spent = null;
            if (_unjudged > 0)
            {
                _unjudged--;
                return;
            }

            (_saved, _cost, _judged) = ((Memory * _saved) + saved, (Memory * _cost) + drafting + spent, _judged + 1);
            if (_judged >= Trials && _cost > _saved)
            {
                (Rest, _nextRest) = (_nextRest, Math.Min(2 * _nextRest, LongestRest));
                (_saved, _cost, _judged, _unjudged) = (0, 0, Trials / 2, 1); // the next time it has to catch up with the text first
            }
            else if (_saved > 1.5 * _cost)
            {
                _nextRest = FirstRest;
            }
        }

        /// <summary>Follows quickly down and slowly up.</summary>
        private static double Lately(double usual, double now) =>
            usual == 0 ? now : usual + (now < usual ? 0.5 * (now - usual) : 0.1 * (Math.Min(now, 1.5 * usual) - usual));

        /// <summary>Compares what was expected behind each node that was reached with what came.</summary>
        public void Judge(DraftTree tree, int source, ReadOnlySpan<int> path, bool isCut)
        {
            for (int i = 0; i <= path.Length && !(isCut && i == path.Length); i++)
            {
                int at = i == 0 ? DraftTree.Root : path[i - 1];
                double above = at == DraftTree.Root ? 0 : tree.LogProbability(at), expected = 0, seen = 0;
                for (int child = tree.FirstChild(at); child != DraftTree.Root; child = tree.NextSibling(child))
                {
                    if (tree.Source(child) == source)
                    {
                        expected += Math.Exp(tree.LogProbability(child) - above);
                        seen += i < path.Length && path[i] == child ? 1 : 0;
                    }
                }

                if (expected > 0)
                {
                    (_expected, _seen) = ((0.98 * _expected) + Math.Min(expected, 1), (0.98 * _seen) + seen);
                }
            }
        }
    }
}
