using System.Diagnostics.CodeAnalysis;

namespace Whorl.Dht.Kademlia;

/// <summary>
/// The search for the nearest nodes to several targets at once, as a state machine: it says whom to ask what, is told the answers, and
/// says which targets are done. Who asks, how many at once, and how long to wait is the driver's. After hivemind's traverse.py. Not
/// thread-safe.
/// </summary>
/// <remarks>
/// Each target keeps the candidates not yet asked and the beam of the nearest nodes seen; it is done when its nearest candidate lies
/// outside the beam (or there is none) and no question for it is under way. Nodes that fail leave the beam, unlike hivemind's.
/// </remarks>
internal sealed class BeamSearch
{
    private readonly Dictionary<DhtId, Target> _targets;
    private readonly Queue<DhtId> _finished = new();
    private readonly int _beamSize;
    private readonly int _targetsPerStep;

    /// <param name="targets">What to search for.</param>
    /// <param name="initialNodes">The nodes to begin with.</param>
    /// <param name="self">This node, which is not asked.</param>
    /// <param name="beamSize">How many nearest nodes to find.</param>
    /// <param name="targetsPerStep">How many targets one question may be for.</param>
    public BeamSearch(IEnumerable<DhtId> targets, IEnumerable<DhtId> initialNodes, DhtId self, int beamSize, int targetsPerStep)
    {
        (_beamSize, _targetsPerStep) = (beamSize, Math.Max(targetsPerStep, 1));
        _targets = targets.Distinct().ToDictionary(id => id, id => new Target(id, self));
        List<DhtId> nodes = [.. initialNodes];
        foreach (Target target in _targets.Values)
        {
            nodes.ForEach(node => target.Meet(node, beamSize));
        }

        FinishExhausted();
    }

    /// <summary>Whether every target is done.</summary>
    public bool IsFinished => _targets.Values.All(target => target.IsFinished);

    /// <summary>The targets that are not done.</summary>
    public IEnumerable<DhtId> Open => _targets.Values.Where(target => !target.IsFinished).Select(target => target.Id);

    /// <summary>Takes the next question.</summary>
    /// <returns>False where there is none now: every target is done, or answers are awaited.</returns>
    public bool TryTake([NotNullWhen(true)] out BeamStep? step)
    {
        Target? chosen = _targets.Values
            .Where(target => !target.IsFinished && target.HasCandidate(_beamSize))
            .OrderBy(target => target.Active)
            .ThenBy(target => target.CandidateDistance)
            .FirstOrDefault();
        if (chosen is null)
        {
            step = null;
            return false;
        }

        DhtId node = chosen.TakeCandidate();
        List<Target> asked =
        [
            chosen,
            .. _targets.Values
                .Where(target => target != chosen && !target.IsFinished && !target.WasAsked(node))
                .OrderBy(target => target.Id.DistanceTo(node))
                .Take(_targetsPerStep - 1),
        ];
        asked.ForEach(target => target.Ask(node));
        step = new BeamStep(node, [.. asked.Select(target => target.Id)]);
        return true;
    }

    /// <summary>Takes the answer to a question.</summary>
    /// <param name="step">The question.</param>
    /// <param name="neighbours">For each target the nodes that were named; null where the node failed.</param>
    public void Report(BeamStep step, IReadOnlyDictionary<DhtId, IReadOnlyList<DhtId>>? neighbours)
    {
        foreach (DhtId id in step.Targets)
        {
            Target target = _targets[id];
            target.Active--;
            if (neighbours is null)
            {
                target.Forget(step.Node);
            }
            else if (!target.IsFinished && neighbours.TryGetValue(id, out IReadOnlyList<DhtId>? named))
            {
                foreach (DhtId node in named)
                {
                    target.Meet(node, _beamSize);
                }
            }
        }

        FinishExhausted();
    }

    /// <summary>Ends the search for a target, as its value is found.</summary>
    public void Stop(DhtId target) => Finish(_targets[target]);

    /// <summary>Takes a target that became done.</summary>
    public bool TryTakeFinished(out DhtId target) => _finished.TryDequeue(out target);

    /// <summary>The nearest nodes seen for a target, nearest first; at most the beam's size.</summary>
    public IReadOnlyList<DhtId> Nearest(DhtId target) => _targets[target].Beam;

    private void FinishExhausted()
    {
        foreach (Target target in _targets.Values)
        {
            if (!target.IsFinished && target.Active == 0 && !target.HasCandidate(_beamSize))
            {
                Finish(target);
            }
        }
    }

    private void Finish(Target target)
    {
        if (!target.IsFinished)
        {
            target.IsFinished = true;
            _finished.Enqueue(target.Id);
        }
    }

    /// <summary>The state of the search for one target.</summary>
    private sealed class Target(DhtId id, DhtId self)
    {
        private readonly PriorityQueue<DhtId, DhtId> _candidates = new();
        private readonly SortedSet<DhtId> _beam = []; // distances: exclusive or with the target gives the node back
        private readonly HashSet<DhtId> _known = [self];
        private readonly HashSet<DhtId> _asked = [self];

        public DhtId Id => id;

        public int Active { get; set; }

        public bool IsFinished { get; set; }

        public IReadOnlyList<DhtId> Beam => [.. _beam.Select(id.DistanceTo)];

        public DhtId CandidateDistance => _candidates.TryPeek(out _, out DhtId distance) ? distance : default;

        public void Meet(DhtId node, int beamSize)
        {
            DhtId distance = id.DistanceTo(node);
            if (!_known.Add(node) || (_beam.Count >= beamSize && distance > _beam.Max))
            {
                return;
            }

            _candidates.Enqueue(node, distance);
            _beam.Add(distance);
            if (_beam.Count > beamSize)
            {
                _beam.Remove(_beam.Max);
            }
        }

        public bool HasCandidate(int beamSize)
        {
            while (_candidates.TryPeek(out DhtId node, out _) && _asked.Contains(node))
            {
                _candidates.Dequeue();
            }

            return _candidates.TryPeek(out _, out DhtId distance) && (_beam.Count < beamSize || distance <= _beam.Max);
        }

        public DhtId TakeCandidate() => _candidates.Dequeue();

        public bool WasAsked(DhtId node) => _asked.Contains(node);

        public void Ask(DhtId node)
        {
            _asked.Add(node);
            Active++;
        }

        public void Forget(DhtId node) => _beam.Remove(id.DistanceTo(node));
    }
}
