using System.Net;
using System.Net.Sockets;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Transports.Tcp;

namespace Whorl.P2P.Swarm;

/// <content>Connecting to peers.</content>
internal sealed partial class Switch
{
    private readonly DialBackOff _backOff;
    private readonly Lock _dialGate = new();
    private readonly Dictionary<PeerId, Task<Connection>> _dialing = []; // guarded by _dialGate

    /// <summary>Opens a stream through a relay to a peer: set by the relay client.</summary>
    public Func<Multiaddress, PeerId?, CancellationToken, Task<Connection>>? CircuitDialer { get; set; }

    /// <summary>Finds addresses of a peer that is known by id only: set by peer routing.</summary>
    public Func<PeerId, CancellationToken, Task<IReadOnlyList<Multiaddress>>>? Router { get; set; }

    /// <summary>The endpoints listened on: set by the host.</summary>
    public Func<IReadOnlyList<IPEndPoint>> ListeningEndPoints { get; set; } = () => [];

    /// <summary>A connection to the peer: an open one, or a new one over any of the addresses known, given or found.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="cancellationToken">Gives up waiting; an attempt that others wait for goes on.</param>
    public async Task<Connection> ConnectAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        if (peer.Id is null)
        {
            return await new AddressDialer(_backOff, (address, token) => DialOneAsync(address, null, token), Time)
                .DialAsync(peer, peer.Addresses, cancellationToken).ConfigureAwait(false);
        }

        if (peer.Id == Id)
        {
            throw new PeerUnavailableException("a peer cannot connect to itself") { Peer = Id, IsTransient = false };
        }

        if (Pool.Find(peer.Id) is { } open)
        {
            return open;
        }

        Task<Connection> dialing = JoinAsync(peer, out bool isOwn);
        try
        {
            return await dialing.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (!isOwn)
        {
            return await JoinAsync(peer, out _).WaitAsync(cancellationToken).ConfigureAwait(false); // the other attempt did not know our addresses
        }
    }

    /// <summary>Connects over the addresses that are known already.</summary>
    public Task<Connection> ConnectWithoutRoutingAsync(PeerId peer, CancellationToken cancellationToken) =>
        new AddressDialer(_backOff, (address, token) => DialOneAsync(address, peer, token), Time).DialAsync(peer, Store.GetAddresses(peer), cancellationToken);

    /// <summary>Dials a peer that may be connected already, from a port that nothing else uses: what such a dial passes, any stranger's does.</summary>
    public Task<Connection> ProbeAsync(PeerId peer, IEnumerable<Multiaddress> addresses, CancellationToken cancellationToken) =>
        DialDirectlyAsync(peer, addresses, isDialer: true, leaveFrom: [], cancellationToken);

    /// <summary>Dials a peer that dials this node at the same moment, from the listening port, so that the two dials may meet in one connection.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="addresses">Where; those through relays are passed over.</param>
    /// <param name="isDialer">Which part to play in what is then spoken: both ends of such a connection have dialled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Connection> PunchAsync(PeerId peer, IEnumerable<Multiaddress> addresses, bool isDialer, CancellationToken cancellationToken) =>
        DialDirectlyAsync(peer, addresses, isDialer, ListeningEndPoints(), cancellationToken);

    private Task<Connection> DialDirectlyAsync(
        PeerId peer, IEnumerable<Multiaddress> addresses, bool isDialer, IReadOnlyList<IPEndPoint> leaveFrom, CancellationToken cancellationToken) =>
        new AddressDialer(new DialBackOff(Time), (address, token) => DialTcpAsync(address, peer, isDialer, leaveFrom, token), Time, atOnce: true)
            .DialAsync(peer, addresses.Where(a => !a.IsCircuit), cancellationToken);

    private Task<Connection> JoinAsync(PeerAddress peer, out bool isOwn)
    {
        lock (_dialGate)
        {
            isOwn = !_dialing.TryGetValue(peer.Id!, out Task<Connection>? dialing);
            if (isOwn)
            {
                _dialing[peer.Id!] = dialing = Task.Run(() => DialAndForgetAsync(peer), Closing);
            }

            return dialing!;
        }
    }

    private async Task<Connection> DialAndForgetAsync(PeerAddress peer)
    {
        try
        {
            return await DialKnownThenFoundAsync(peer).ConfigureAwait(false);
        }
        finally
        {
            lock (_dialGate)
            {
                _dialing.Remove(peer.Id!);
            }
        }
    }

    private async Task<Connection> DialKnownThenFoundAsync(PeerAddress peer)
    {
        AddressDialer dialer = new(_backOff, (address, token) => DialOneAsync(address, peer.Id, token), Time);
        HashSet<Multiaddress> known = [.. peer.Addresses, .. Store.GetAddresses(peer.Id!)];
        try
        {
            return await dialer.DialAsync(peer, known, Closing).ConfigureAwait(false);
        }
        catch (PeerUnavailableException) when (Router is not null)
        {
            IReadOnlyList<Multiaddress> found = await Router(peer.Id!, Closing).ConfigureAwait(false);
            if (Pool.Find(peer.Id!) is { } open)
            {
                return open; // the look-up met the peer itself
            }

            Multiaddress[] fresh = [.. found.Where(address => !known.Contains(address))];
            if (fresh.Length == 0)
            {
                throw;
            }

            return await dialer.DialAsync(peer, fresh, Closing).ConfigureAwait(false);
        }
    }

    private async Task<Connection> DialOneAsync(Multiaddress address, PeerId? expected, CancellationToken cancellationToken)
    {
        if (address.IsCircuit)
        {
            return await (CircuitDialer ?? throw new PeerUnavailableException("relays are not used here") { IsTransient = false })(address, expected, cancellationToken)
                .ConfigureAwait(false);
        }

        // On the way to a public address a NAT may stand: it then maps the listening port, and what peers see of it is where others can dial.
        IReadOnlyList<IPEndPoint> leaveFrom = AddressScopes.Of(address) == AddressScope.Public ? ListeningEndPoints() : [];
        return await DialTcpAsync(address, expected, isDialer: true, leaveFrom, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Connection> DialTcpAsync(
        Multiaddress address, PeerId? expected, bool isDialer, IReadOnlyList<IPEndPoint> leaveFrom, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Options.DialTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, Closing);
        Socket socket = await TcpTransport.DialAsync(address, leaveFrom, either.Token).ConfigureAwait(false);
        return await AdoptAsync(new NetworkStream(socket, ownsSocket: true), isDialer, expected, address, false, either.Token).ConfigureAwait(false);
    }
}
