using System.Net;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Swarm;

/// <summary>Where other peers see this node: behind a NAT its only way to learn the addresses that others can dial.</summary>
/// <remarks>
/// An address is believed once <see cref="Threshold"/> observers have seen it, as in go-libp2p, or once a trusted peer has dialled it. Peers at one IPv4 address,
/// or in one IPv6 network of 56 bits, are one observer: identities cost nothing. An observation lasts as long as its connection and
/// <see cref="Lifetime"/> longer; a dial-back as long as anyone sees the address, and at least so long. Only connections that use a listening port count, since a NAT maps every port apart.
/// </remarks>
internal sealed class ObservedAddresses(TimeProvider time)
{
    /// <summary>How many observers must agree.</summary>
    public const int Threshold = 4;

    /// <summary>How many addresses are believed at most: those that most observers have seen.</summary>
    public const int MaxBelieved = 3;

    /// <summary>How many addresses are told to a peer that dials for this node's sake.</summary>
    public const int MaxCandidates = 8;

    /// <summary>How many observations are remembered of connections that have ended, and how many dial-backs.</summary>
    public const int MaxRemembered = 256;

    /// <summary>How long an observation lasts after its connection has ended, and a dial-back after it worked.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<Connection, Observation> _open = []; // guarded by _gate, as are the next two
    private readonly Queue<(Observation Observation, DateTimeOffset Until)> _past = new();
    private readonly Dictionary<Multiaddress, DateTimeOffset> _dialled = [];

    /// <summary>The addresses to announce, the one that most have seen first.</summary>
    public IReadOnlyList<Multiaddress> Believed
    {
        get
        {
            lock (_gate)
            {
                return Believed_NeedsLock();
            }
        }
    }

    /// <summary>The addresses that at least one peer has seen or dialled, the one that most have seen first.</summary>
    public IReadOnlyList<Multiaddress> Candidates
    {
        get
        {
            lock (_gate)
            {
                return [.. Ranked_NeedsLock().Select(seen => seen.Address).Take(MaxCandidates)];
            }
        }
    }

    /// <summary>Takes what the peer of a connection sees; its earlier word is forgotten.</summary>
    /// <param name="connection">Over which it was said.</param>
    /// <param name="seen">Where the peer sees this node.</param>
    /// <param name="listening">The endpoints listened on.</param>
    /// <returns>Whether other addresses are believed now.</returns>
    public bool Observe(Connection connection, Multiaddress seen, IReadOnlyList<IPEndPoint> listening)
    {
        bool counts = !connection.IsRelayed && IsPublicTcp(seen) && ObserverOf(connection) is not null
            && listening.Any(bound => bound.Port == connection.LocalEndPoint?.Port);
        return Change(() =>
        {
            _open.Remove(connection);
            if (counts && connection.IsUsable) // else it has been closed here, and nobody would close it again
            {
                _open[connection] = new Observation(seen, ObserverOf(connection)!);
            }
        });
    }

    /// <summary>A connection has ended.</summary>
    public void Close(Connection connection)
    {
        lock (_gate)
        {
            if (_open.Remove(connection, out Observation? observation))
            {
                _past.Enqueue((observation, time.GetSteadyNow() + Lifetime));
                while (_past.Count > MaxRemembered)
                {
                    _past.Dequeue();
                }
            }
        }
    }

    /// <summary>A peer that was asked to has dialled this node at an address.</summary>
    /// <returns>Whether other addresses are believed now.</returns>
    public bool OnDialled(Multiaddress address) => IsPublicTcp(address) && Change(() =>
    {
        _dialled[address] = time.GetSteadyNow() + Lifetime;
        if (_dialled.Count > MaxRemembered)
        {
            _dialled.Remove(_dialled.MinBy(dialled => dialled.Value).Key);
        }
    });

    private bool Change(Action change)
    {
        lock (_gate)
        {
            IReadOnlyList<Multiaddress> before = Believed_NeedsLock();
            change();
            return !Believed_NeedsLock().ToHashSet().SetEquals(before);
        }
    }

    private IReadOnlyList<Multiaddress> Believed_NeedsLock() =>
        [.. Ranked_NeedsLock().Where(seen => seen.Observers >= Threshold || _dialled.ContainsKey(seen.Address)).Select(seen => seen.Address).Take(MaxBelieved)];

    private IEnumerable<(Multiaddress Address, int Observers)> Ranked_NeedsLock()
    {
        DateTimeOffset now = time.GetSteadyNow();
        while (_past.TryPeek(out (Observation, DateTimeOffset Until) oldest) && oldest.Until <= now)
        {
            _past.Dequeue();
        }

        HashSet<Multiaddress> seenNow = [.. _open.Values.Select(o => o.Address)];
        foreach (Multiaddress old in _dialled.Where(dialled => dialled.Value <= now && !seenNow.Contains(dialled.Key)).Select(dialled => dialled.Key).ToArray())
        {
            _dialled.Remove(old);
        }

        Dictionary<Multiaddress, int> observers = _open.Values.Concat(_past.Select(past => past.Observation)).Distinct().CountBy(o => o.Address).ToDictionary();
        return observers.Keys.Union(_dialled.Keys).Select(address => (address, observers.GetValueOrDefault(address))).OrderByDescending(seen => seen.Item2);
    }

    private static bool IsPublicTcp(Multiaddress address) =>
        address.TryGetTcp(out string? host, out _) && IPAddress.TryParse(host, out IPAddress? ip) && AddressScopes.Of(ip) == AddressScope.Public;

    private static string? ObserverOf(Connection connection) =>
        connection.RemoteAddress?.TryGetTcp(out string? host, out _) == true && IPAddress.TryParse(host, out IPAddress? ip) ? HostGroup.OfAny(ip) : null;

    private sealed record Observation(Multiaddress Address, string Observer);
}
