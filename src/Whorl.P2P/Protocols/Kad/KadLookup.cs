using System.Diagnostics.CodeAnalysis;

namespace Whorl.P2P.Protocols.Kad;

/// <summary>The state of one look-up: whom to ask next. Lives without I/O.</summary>
internal sealed class KadLookup
{
    /// <summary>A look-up that has asked so many ends: whoever names ever nearer peers would keep it for ever.</summary>
    private const int MaxAsked = 256;

    private readonly KadKey _key;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, KadKey> _candidates = [];
    private readonly HashSet<PeerId> _asked = [];
    private readonly HashSet<PeerId> _answered = [];
    private IReadOnlyList<Multiaddress> _found = [];

    public KadLookup(PeerId target, IEnumerable<PeerId> start)
    {
        Target = target;
        _key = new KadKey(target);
        foreach (PeerId peer in start)
        {
            _candidates[peer] = new KadKey(peer);
        }
    }

    public PeerId Target { get; }

    /// <summary>The target's addresses, once somebody has told them.</summary>
    public IReadOnlyList<Multiaddress> Found
    {
        get
        {
            lock (_gate)
            {
                return _found;
            }
        }
    }

    /// <summary>Somebody named a peer.</summary>
    public void Add(PeerId peer, IReadOnlyList<Multiaddress> addresses)
    {
        lock (_gate)
        {
            if (peer == Target)
            {
                _found = addresses;
            }
            else
            {
                _candidates.TryAdd(peer, new KadKey(peer));
            }
        }
    }

    public void Answered(PeerId peer)
    {
        lock (_gate)
        {
            _answered.Add(peer);
        }
    }

    /// <summary>The nearest candidate that was not asked yet, unless the nearest 20 that may still answer were all asked.</summary>
    public bool TryNext([NotNullWhen(true)] out PeerId? next)
    {
        lock (_gate)
        {
            next = _candidates
                .Where(c => !_asked.Contains(c.Key) || _answered.Contains(c.Key))
                .Order(Comparer<KeyValuePair<PeerId, KadKey>>.Create((a, b) => _key.CompareDistance(a.Value, b.Value)))
                .Take(KadRoutingTable.BucketSize)
                .Select(c => c.Key)
                .FirstOrDefault(peer => !_asked.Contains(peer));
            return next is not null && _asked.Count < MaxAsked && _asked.Add(next);
        }
    }
}
