using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Swarm.Tests.Routes;

/// <summary>Makes servers for routes: their peer ids come in the order in which routes choose among equals.</summary>
internal sealed class Servers
{
    private readonly PeerId[] _peers;

    public Servers(int count = 12)
    {
        InMemoryNetwork network = new();
        _peers = [.. Enumerable.Range(0, count).Select(_ => network.AddHost().Id).OrderBy(p => p.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The name of the i-th peer, as pings have it.</summary>
    public string this[int peer] => _peers[peer].ToString();

    public PeerId Id(int peer) => _peers[peer];

    public BlockServer Of(int peer, int first, int last, double? rps = null, long? cache = null, double throughput = 1, Dictionary<string, double>? next = null) => new(
        _peers[peer],
        new BlockRange(first, last),
        new ServerInfo { State = ServerState.Online, Throughput = throughput, InferenceRps = rps, CacheTokensLeft = cache, NextPings = next });

    /// <summary>A route as text: <c>0:0..1 2:2..3</c>.</summary>
    public string Text(IEnumerable<RouteHop> route) => string.Join(' ', route.Select(hop => $"{Array.IndexOf(_peers, hop.Server.Peer)}:{hop.Range}"));
}
