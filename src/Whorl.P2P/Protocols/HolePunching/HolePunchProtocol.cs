using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.HolePunching;

/// <summary>DCUtR, <c>/libp2p/dcutr</c>: two peers that met through a relay agree on a moment to dial each other directly.</summary>
/// <remarks>
/// The side that was dialled through the relay begins. It is the listener of the relayed connection, and stays the listener of the punched one: of the two
/// dials that cross, the one of the relayed connection's dialer counts. Sockets are not bound to the listening port, so NATs that map by source port
/// are passed only where one of the two sides can be dialled.
/// </remarks>
internal sealed class HolePunchProtocol
{
    public const string ProtocolId = "/libp2p/dcutr";

    private const int MaxMessageBytes = 4096;
    private const int MaxAddresses = 16;
    private const int Attempts = 3;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly Switch _switch;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;

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
        if (!_switch.Store.Speaks(relayed.RemotePeer, ProtocolId))
        {
            return;
        }

        for (int attempt = 0; attempt < Attempts && relayed.IsUsable && _switch.Pool.Find(relayed.RemotePeer, directOnly: true) is null; attempt++)
        {
            using CancellationTokenSource timeout = new(Timeout, _switch.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _switch.Closing);
            await using PeerStream stream = await _switch.OpenStreamAsync(relayed, ProtocolId, either.Token).ConfigureAwait(false);
            long start = _switch.Time.GetTimestamp();
            await WireMessage.WriteAsync(stream, Connect(), either.Token).ConfigureAwait(false);
            IReadOnlyList<Multiaddress> theirs = ReadAddresses(await ReadAsync(stream, HolePunch.Types.HolePunchType.Connect, either.Token).ConfigureAwait(false));
            TimeSpan roundTrip = _switch.Time.GetElapsedTime(start);
            await WireMessage.WriteAsync(stream, new HolePunch { Type = HolePunch.Types.HolePunchType.Sync }, either.Token).ConfigureAwait(false);
            await Task.Delay(roundTrip / 2, _switch.Time, either.Token).ConfigureAwait(false); // the other side dials when it has our message
            await TryDialAsync(relayed.RemotePeer, theirs, either.Token).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Connection relayed = ((YamuxStream)stream).Connection!;
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        IReadOnlyList<Multiaddress> theirs = ReadAddresses(await ReadAsync(stream, HolePunch.Types.HolePunchType.Connect, either.Token).ConfigureAwait(false));
        await WireMessage.WriteAsync(stream, Connect(), either.Token).ConfigureAwait(false);
        await ReadAsync(stream, HolePunch.Types.HolePunchType.Sync, either.Token).ConfigureAwait(false);
        if (relayed.IsRelayed)
        {
            await TryDialAsync(relayed.RemotePeer, theirs, either.Token).ConfigureAwait(false);
        }
    }

    private async Task TryDialAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, CancellationToken cancellationToken)
    {
        try
        {
            if (_switch.Pool.Find(peer, directOnly: true) is null)
            {
                await _switch.ConnectDirectlyAsync(peer, addresses, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            Log.BackgroundEnded(_switch.Logger, "a hole punching dial", e.Message);
        }
    }

    private HolePunch Connect()
    {
        HolePunch message = new() { Type = HolePunch.Types.HolePunchType.Connect };
        message.ObsAddrs.AddRange(AddressList.Write(_ownAddresses().Where(a => !a.IsCircuit).Take(MaxAddresses)));
        return message;
    }

    private static async ValueTask<HolePunch> ReadAsync(PeerStream stream, HolePunch.Types.HolePunchType expected, CancellationToken cancellationToken)
    {
        HolePunch message = await WireMessage.ReadAsync(stream, HolePunch.Parser, MaxMessageBytes, "dcutr", cancellationToken).ConfigureAwait(false);
        return message.Type == expected ? message : throw new WireFormatException($"dcutr: {message.Type} instead of {expected}");
    }

    private static IReadOnlyList<Multiaddress> ReadAddresses(HolePunch message) =>
        [.. AddressList.Read(message.ObsAddrs).Where(a => !a.IsCircuit && a.IsDialable).Take(MaxAddresses)];
}
