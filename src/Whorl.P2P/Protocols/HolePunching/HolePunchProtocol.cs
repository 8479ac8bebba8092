using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.HolePunching;

/// <summary>DCUtR, <c>/libp2p/dcutr</c>: two peers that met through a relay agree on a moment to dial each other directly.</summary>
/// <remarks>
/// The side that was dialled through the relay begins: it dials the other's addresses, and where none answers, both dial at once. Both leave from their
/// listening ports, to the addresses at which others see these, so that each dial opens the sender's NAT for the other's. In the connection that comes
/// of it the relayed connection's dialer plays the dialer. go-libp2p's beginner does so instead, but for its last attempt: so the last is turned round.
/// </remarks>
internal sealed class HolePunchProtocol
{
    public const string ProtocolId = "/libp2p/dcutr";

    private const int MaxMessageBytes = 4096;
    private const int MaxAddresses = 16;
    private const int Attempts = 3;

    private static readonly TimeSpan MessageTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    private readonly Switch _switch;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;

    /// <param name="switch">Dials, and tells of relayed connections.</param>
    /// <param name="ownAddresses">Where this node may be dialled, what only a single peer has seen included.</param>
    public HolePunchProtocol(Switch @switch, Func<IReadOnlyList<Multiaddress>> ownAddresses)
    {
        _switch = @switch;
        _ownAddresses = ownAddresses;
        @switch.Handlers.Add(ProtocolId, AnswerAsync);
        @switch.Opened += connection =>
        {
            if (connection.IsRelayed && !connection.IsDialer)
            {
                @switch.Background.Run("hole punching", () => PunchAsync(connection));
            }
        };
    }

    private async Task PunchAsync(Connection relayed)
    {
        await relayed.Identified.WaitAsync(_switch.Closing).ConfigureAwait(false);
        PeerId peer = relayed.RemotePeer;
        if (!_switch.Store.Speaks(peer, ProtocolId))
        {
            return;
        }

        await TryDialAsync(peer, _switch.Store.GetAddresses(peer), isDialer: true, _switch.Closing).ConfigureAwait(false);
        for (int attempt = 1; attempt <= Attempts && relayed.IsUsable && _switch.Pool.Find(peer, directOnly: true) is null; attempt++)
        {
            IReadOnlyList<Multiaddress> theirs = await AgreeAsync(relayed).ConfigureAwait(false);
            await TryDialAsync(peer, theirs, isDialer: attempt == Attempts, _switch.Closing).ConfigureAwait(false);
        }
    }

    /// <summary>Tells where this node may be dialled.</summary>
    /// <returns>Where the peer may be, when it is time to dial.</returns>
    private async Task<IReadOnlyList<Multiaddress>> AgreeAsync(Connection relayed)
    {
        using CancellationTokenSource timeout = new(MessageTimeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _switch.Closing);
        await using PeerStream stream = await _switch.OpenStreamAsync(relayed, ProtocolId, either.Token).ConfigureAwait(false);
        long start = _switch.Time.GetTimestamp();
        await WireMessage.WriteAsync(stream, Connect(relayed), either.Token).ConfigureAwait(false);
        IReadOnlyList<Multiaddress> theirs = ReadAddresses(relayed, await ReadAsync(stream, HolePunch.Types.HolePunchType.Connect, either.Token).ConfigureAwait(false));
        TimeSpan roundTrip = _switch.Time.GetElapsedTime(start);
        await WireMessage.WriteAsync(stream, new HolePunch { Type = HolePunch.Types.HolePunchType.Sync }, either.Token).ConfigureAwait(false);
        await Task.Delay(roundTrip / 2, _switch.Time, either.Token).ConfigureAwait(false); // the other side dials when it has our message
        return theirs;
    }

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Connection relayed = ((YamuxStream)stream).Connection!;
        using CancellationTokenSource timeout = new(MessageTimeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        IReadOnlyList<Multiaddress> theirs = ReadAddresses(relayed, await ReadAsync(stream, HolePunch.Types.HolePunchType.Connect, either.Token).ConfigureAwait(false));
        await WireMessage.WriteAsync(stream, Connect(relayed), either.Token).ConfigureAwait(false);
        await ReadAsync(stream, HolePunch.Types.HolePunchType.Sync, either.Token).ConfigureAwait(false);
        if (relayed.IsRelayed)
        {
            await TryDialAsync(relayed.RemotePeer, theirs, isDialer: true, either.Token).ConfigureAwait(false);
        }
    }

    private async Task TryDialAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, bool isDialer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(DialTimeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (_switch.Pool.Find(peer, directOnly: true) is null)
            {
                await _switch.PunchAsync(peer, addresses, isDialer, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Log.BackgroundEnded(_switch.Logger, "a hole punching dial", e.Message);
        }
    }

    private HolePunch Connect(Connection relayed)
    {
        bool isLocal = relayed.RemoteAddress is { } address && AddressScopes.Of(address) == AddressScope.Loopback;
        HolePunch message = new() { Type = HolePunch.Types.HolePunchType.Connect };
        message.ObsAddrs.AddRange(AddressList.Write(
            _ownAddresses().Where(a => !a.IsCircuit && (isLocal || AddressScopes.Of(a) != AddressScope.Loopback)).Take(MaxAddresses)));
        return message;
    }

    private static async ValueTask<HolePunch> ReadAsync(PeerStream stream, HolePunch.Types.HolePunchType expected, CancellationToken cancellationToken)
    {
        HolePunch message = await WireMessage.ReadAsync(stream, HolePunch.Parser, MaxMessageBytes, "dcutr", cancellationToken).ConfigureAwait(false);
        return message.Type == expected ? message : throw new WireFormatException($"dcutr: {message.Type} instead of {expected}");
    }

    /// <summary>Only addresses as far away as the relay: else any stranger could have this node connect within its own network.</summary>
    private static IReadOnlyList<Multiaddress> ReadAddresses(Connection relayed, HolePunch message) =>
        [.. AddressScopes.Filter(AddressList.Read(message.ObsAddrs), relayed.RemoteAddress).Where(a => !a.IsCircuit && a.IsDialable).Take(MaxAddresses)];
}
