using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Protocols.Mdns;

namespace Whorl.P2P;

/// <summary>Finds the peers of the local networks, and lets them find this host, without anybody being told of an address: mDNS, as libp2p specifies it.</summary>
/// <remarks>
/// Whoever is in the network sees that there is a peer, and may name any: what is found is an address to try, as one that a stranger tells.
/// Peers of other programs are found too. Within a minute a peer is told of once, and <see cref="MaxPeers"/> peers at most.
/// </remarks>
public sealed class MdnsDiscovery : IAsyncDisposable
{
    /// <summary>The most peers that are told of within <see cref="TellAgain"/>: whoever invents more tells nobody anything.</summary>
    public const int MaxPeers = 64;

    private const int MaxAddressesPerPeer = 8;

    /// <summary>A peer that is named again is told of again after this time.</summary>
    public static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan[] First = [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)]; // packets get lost
    private static readonly TimeSpan BetweenAnswers = TimeSpan.FromSeconds(1); // RFC 6762, section 6

    private readonly Libp2pHost _host;
    private readonly bool _announces;
    private readonly Action<PeerAddress> _found;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MulticastSocket _socket;
    private readonly string _name = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 40);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<PeerId> _told = []; // since _toldSince; both are the receiving loop's alone
    private readonly Task _running;
    private long _toldSince;
    private int _answering;

    private MdnsDiscovery(Libp2pHost host, bool announces, Action<PeerAddress> found, TimeProvider time, ILogger logger, int port)
    {
        (_host, _announces, _found, _time, _logger) = (host, announces, found, time, logger);
        _socket = new MulticastSocket(port);
        _toldSince = time.GetTimestamp();
        _running = Task.WhenAll(ReceiveAsync(), AskAsync());
    }

    /// <summary>Begins to ask and to answer.</summary>
    /// <param name="host">Whose addresses are told.</param>
    /// <param name="announces">Whether others are told of this host; needs addresses that it listens on.</param>
    /// <param name="found">Told of each peer, one call at a time; must return at once.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="logger">Where packets that are none are told; null for nowhere.</param>
    /// <exception cref="SocketException">UDP port 5353 cannot be shared here.</exception>
    public static MdnsDiscovery Start(Libp2pHost host, bool announces, Action<PeerAddress> found, TimeProvider? time = null, ILogger? logger = null) =>
        Start(host, announces, found, time, logger, MulticastSocket.DefaultPort);

    internal static MdnsDiscovery Start(Libp2pHost host, bool announces, Action<PeerAddress> found, TimeProvider? time, ILogger? logger, int port)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(found);
        return new MdnsDiscovery(host, announces, found, time ?? TimeProvider.System, logger ?? NullLogger.Instance, port);
    }

    /// <summary>Stops asking and answering.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _stop.Dispose();
    }

    /// <summary>Asks who is there, and says that this host is: at the start more than once, then now and then, as the machine may have come into another network.</summary>
    private async Task AskAsync()
    {
        for (int i = 0; ; i++)
        {
            TimeSpan wait = i < First.Length ? First[i] - (i > 0 ? First[i - 1] : TimeSpan.Zero) : Period;
            await Task.Delay(wait, _time, _stop.Token).ConfigureAwait(false);
            if (i >= First.Length)
            {
                _socket.JoinInterfaces();
            }

            await _socket.SendAsync(MdnsMessage.WriteQuestion(), _stop.Token).ConfigureAwait(false);
            await AnnounceAsync().ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[MdnsMessage.MaxBytes];
        while (true)
        {
            (int length, IPEndPoint sender) = await _socket.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false);
            try
            {
                MdnsMessage message = MdnsMessage.Read(buffer.AsSpan(0, length));
                if (message.AsksForPeers && _announces && Interlocked.Exchange(ref _answering, 1) == 0)
                {
                    _host.Switch.Background.Run("answering mdns", AnswerAsync);
                }

                Tell(message, sender);
            }
            catch (WireFormatException e)
            {
                Log.InboundFailed(_logger, sender.ToString(), e.Message);
            }
        }
    }

    /// <summary>Answers all who ask within a second at once.</summary>
    private async Task AnswerAsync()
    {
        try
        {
            TimeSpan scattered = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(20, 120)); // not all peers at once: RFC 6762, section 6
            await Task.Delay(scattered, _time, _stop.Token).ConfigureAwait(false);
            await AnnounceAsync().ConfigureAwait(false);
            await Task.Delay(BetweenAnswers - scattered, _time, _stop.Token).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _answering, 0);
        }
    }

    private Task AnnounceAsync() => _announces && _host.ListenAddresses is { Count: > 0 } addresses
        ? _socket.SendAsync(MdnsMessage.WriteAnswer(_name, addresses.OrderBy(a => a.IsCircuit).Select(a => a.WithPeer(_host.Id))), _stop.Token)
        : Task.CompletedTask;

    private void Tell(MdnsMessage message, IPEndPoint sender)
    {
        Multiaddress from = Multiaddress.FromTcp(sender);
        foreach (IGrouping<PeerId, Multiaddress> peer in message.Addresses.GroupBy(address => address.PeerId!))
        {
            Multiaddress[] usable = [.. AddressScopes.Filter(peer, from).Take(MaxAddressesPerPeer)];
            if (peer.Key != _host.Id && usable.Length > 0 && ShouldTell(peer.Key))
            {
                _found(new PeerAddress(peer.Key, usable));
            }
        }
    }

    private bool ShouldTell(PeerId peer)
    {
        if (_time.GetElapsedTime(_toldSince) > TellAgain)
        {
            _told.Clear();
            _toldSince = _time.GetTimestamp();
        }

        return _told.Count < MaxPeers && _told.Add(peer);
    }
}
