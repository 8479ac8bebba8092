using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Whorl.Client;
using Whorl.Dht;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Swarm;

namespace Whorl;

/// <summary>This process's node: a libp2p host and, where it takes part in a swarm, a node of the DHT.</summary>
internal sealed partial class Network : IAsyncDisposable
{
    private const int Workers = 32; // questions of a look-up at once: a model has many blocks, and Petals' clients ask as many

    private readonly Libp2pHost _host;

    private Network(Libp2pHost host, NetworkOptions options) => (_host, Options) = (host, options);

    public Libp2pHost Host => _host;

    public NetworkOptions Options { get; }

    /// <summary>The node of the DHT, once <see cref="JoinAsync"/> has run.</summary>
    public DhtNode? Dht { get; private set; }

    /// <summary>Where others reach this node, as host and port: the address that can be dialled from farthest away.</summary>
    public string Address => AddressReach.InOrder(_host.ListenAddresses).First() is var first && first.TryGetTcp(out string? host, out int port)
        ? string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}")
        : first.ToString();

    /// <summary>Where others reach this node, with its id; those first that can be dialled from farthest away.</summary>
    public IReadOnlyList<Multiaddress> Multiaddresses => [.. AddressReach.InOrder(_host.ListenAddresses).Select(a => a.WithPeer(_host.Id))];

    /// <summary>Starts a node.</summary>
    /// <exception cref="WhorlException">An address cannot be listened on, or no relay takes this node.</exception>
    public static async Task<Network> StartAsync(NetworkOptions options, CancellationToken cancellationToken)
    {
        PeerIdentity? identity = options.IdentityFile is { } file ? await PeerIdentity.LoadOrCreateAsync(file, PeerKeyType.Ed25519, cancellationToken) : null;
        Network network = new(await StartHostAsync(options, identity), options);
        try
        {
            await network.ReserveRelaysAsync(cancellationToken);
            if (options.FindsLocalPeers)
            {
                network.StartMdns();
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>What peers are told of this program, and people too.</summary>
    private static string Version =>
        typeof(Network).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static async Task<Libp2pHost> StartHostAsync(NetworkOptions options, PeerIdentity? identity)
    {
        Libp2pOptions host = new()
        {
            Identity = identity,
            ListenAddresses = options.Listen,
            ListensByIPv6Too = options.ListensByIPv6Too,
            AnnounceAddresses = options.Announce,
            BootstrapPeers = options.InitialPeers,
            Relays = options.Relays,
            IsRelay = options.IsRelay,
            KadMode = options.Listen.Count > 0 ? KadMode.Server : KadMode.Client,
            AgentVersion = "whorl/" + Version,
        };
        try
        {
            return await Libp2pHost.StartAsync(host, TimeProvider.System, options.Logger);
        }
        catch (SocketException e) when (options.MayListenElsewhere && e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            _ = options.Listen[0].TryGetTcp(out _, out int port);
            Log.ListensElsewhere(options.Logger, port);
            return await Libp2pHost.StartAsync(
                host with { ListenAddresses = [Multiaddress.FromTcp(new IPEndPoint(IPAddress.Any, 0))] }, TimeProvider.System, options.Logger);
        }
        catch (SocketException e)
        {
            throw new WhorlException($"cannot listen on {string.Join(", ", options.Listen)}: {e.Message}");
        }
    }

    /// <summary>Joins the DHT: as a member where the node listens, else only to ask.</summary>
    public async Task<SwarmDirectory> JoinAsync(CancellationToken cancellationToken)
    {
        Log.Started(Options.Logger, Version, _host.Id);
        await ThrowIfIdentityIsTakenAsync(cancellationToken);
        Dht = await JoinThroughAnyAsync(cancellationToken);
        if (Options.FindsLocalPeers)
        {
            await MeetNeighboursAsync(cancellationToken);
        }

        TellOfJoining();
        BeginRemembering();
        return new SwarmDirectory(Dht, Options.Logger);
    }

    private void TellOfJoining()
    {
        if (Dht!.Neighbours.Count > 0)
        {
            Log.Joined(Options.Logger, Dht.Neighbours.Count);
        }
        else if (Options.InitialPeers.Count == 0)
        {
            Log.BeginsASwarm(Options.Logger);
        }

        if (Options.Listen.Count > 0 && AddressReach.AreHereOnly(_host.ListenAddresses)
            && Options.InitialPeers.FirstOrDefault(peer => peer.Addresses.Count > 0 && !AddressReach.AreHereOnly(peer.Addresses)) is { } elsewhere)
        {
            Log.ListensHereOnly(Options.Logger, elsewhere);
        }
    }

    /// <summary>Dials peers that are known only by where they are, for the id of who answers there.</summary>
    /// <returns>Those with an id: the DHT asks them, and tells who did not answer.</returns>
    /// <exception cref="WhorlException">None has an id, and none answered.</exception>
    private async Task<IReadOnlyList<PeerAddress>> DialAsync(IReadOnlyList<PeerAddress> peers, CancellationToken cancellationToken)
    {
        string?[] faults = new string?[peers.Count];
        PeerAddress?[] known = await Task.WhenAll(peers.Select(async (peer, i) =>
        {
            if (peer.Id is not null)
            {
                return peer;
            }

            try
            {
                return new PeerAddress(await _host.ConnectAsync(peer, cancellationToken), peer.Addresses);
            }
            catch (IOException e)
            {
                faults[i] = e.Message;
                return null;
            }
        }));
        return peers.Count == 0 || known.Any(peer => peer is not null)
            ? [.. known.OfType<PeerAddress>()]
            : throw new WhorlException($"no initial peer answers: {string.Join("; ", faults)}");
    }

    /// <summary>Begins to answer servers that ask, before they join, whether they can be dialled.</summary>
    public void ServeReachability() => Reachability.Serve(
        new RpcServer(_host, TimeProvider.System, Options.Logger), _host.Id, StartProbeAsync, _host.LocateAsync, TimeProvider.System);

    private static async Task<IPeerHost> StartProbeAsync() =>
        await Libp2pHost.StartAsync(new Libp2pOptions { KadMode = KadMode.Off, ServesAutoNat = false, PunchesHoles = false });

    /// <summary>Asks a server which blocks it holds.</summary>
    /// <param name="server"><c>HOST:PORT</c> or a multiaddress.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<RemoteSpan> ConnectAsync(string server, CancellationToken cancellationToken) =>
        RemoteSpan.ConnectAsync(_host, Addresses.ParsePeer(server), server, TimeProvider.System, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_mdns is not null)
        {
            await _closing.CancelAsync();
            await _mdns.DisposeAsync();
        }

        if (Dht is not null)
        {
            await (_remembering?.DisposeAsync() ?? ValueTask.CompletedTask);
            Remember();
            await Dht.DisposeAsync();
        }

        await _host.DisposeAsync();
        _closing.Dispose();
    }

    /// <summary>Waits until the relays have taken this node, so that its addresses tell the ways through them; a relay that is away is asked again by the host.</summary>
    private async Task ReserveRelaysAsync(CancellationToken cancellationToken)
    {
        List<string> refused = [];
        foreach (PeerAddress relay in Options.Relays)
        {
            try
            {
                await _host.ReserveRelayAsync(relay, cancellationToken);
            }
            catch (IOException e)
            {
                refused.Add(e.Message);
            }
        }

        if (refused.Count > 0 && refused.Count == Options.Relays.Count)
        {
            throw new WhorlException($"no relay can be used: {string.Join("; ", refused)}");
        }
    }
}
