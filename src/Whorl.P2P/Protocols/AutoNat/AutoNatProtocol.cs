using Google.Protobuf;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.AutoNat;

/// <summary>AutoNAT v1, <c>/libp2p/autonat/1.0.0</c>: peers tell each other whether they can be dialled.</summary>
/// <remarks>The service dials only the IP address that it sees the asker at, so that nobody can have it dial a stranger.</remarks>
internal sealed class AutoNatProtocol
{
    public const string ProtocolId = "/libp2p/autonat/1.0.0";

    private const int MaxMessageBytes = 8 * 1024;
    private const int MaxAddresses = 16;
    private const int MaxDialBacks = 16; // at once

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly Switch _switch;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;
    private int _dialBacks;

    public AutoNatProtocol(Switch @switch, bool serves, Func<IReadOnlyList<Multiaddress>> ownAddresses)
    {
        _switch = @switch;
        _ownAddresses = ownAddresses;
        if (serves)
        {
            @switch.Handlers.Add(ProtocolId, AnswerAsync);
        }
    }

    /// <summary>Asks a connected peer to dial this node.</summary>
    /// <returns>The address that worked; null where the peer tried and failed.</returns>
    /// <exception cref="PeerUnavailableException">The peer refuses to try.</exception>
    public async Task<Multiaddress?> AskAsync(Connection connection, CancellationToken cancellationToken)
    {
        AutoNatMessage.Types.PeerInfo self = new() { Id = ByteString.CopyFrom(_switch.Id.Bytes.Span) };
        self.Addrs.AddRange(AddressList.Write(_ownAddresses().Where(a => !a.IsCircuit)));
        AutoNatMessage request = new() { Type = AutoNatMessage.Types.AutoNatType.Dial, Dial = new AutoNatMessage.Types.Dial { Peer = self } };
        await using PeerStream stream = await _switch.OpenStreamAsync(connection, ProtocolId, cancellationToken).ConfigureAwait(false);
        await WireMessage.WriteAsync(stream, request, cancellationToken).ConfigureAwait(false);
        AutoNatMessage answer = await WireMessage.ReadAsync(stream, AutoNatMessage.Parser, MaxMessageBytes, "autonat", cancellationToken).ConfigureAwait(false);
        return ReadAnswer(answer, connection.RemotePeer);
    }

    /// <summary>The address that worked; null where none did.</summary>
    /// <exception cref="PeerUnavailableException">The peer did not try.</exception>
    /// <exception cref="WireFormatException">It worked, and where is malformed.</exception>
    internal static Multiaddress? ReadAnswer(AutoNatMessage answer, PeerId peer) => answer.DialResponse?.Status switch
    {
        AutoNatMessage.Types.ResponseStatus.Ok when answer.DialResponse.HasStatus => Multiaddress.FromBytes(answer.DialResponse.Addr.Span).WithoutPeer(),
        AutoNatMessage.Types.ResponseStatus.EDialError => null,
        _ => throw new PeerUnavailableException($"{peer} does not dial back: {answer.DialResponse?.StatusText}") { Peer = peer },
    };

    /// <summary>The addresses that the asker may have dialled: its own, at the host it is seen at.</summary>
    /// <returns>Null where the request is not for the asker itself.</returns>
    internal static IReadOnlyList<Multiaddress>? ReadRequest(AutoNatMessage request, PeerId asker, Multiaddress? seenAt) =>
        request.Dial?.Peer is { HasId: true } peer && peer.Id.Span.SequenceEqual(asker.Bytes.Span)
            ? [.. AddressList.Read(peer.Addrs).Select(a => a.WithoutPeer()).OfType<Multiaddress>()
                .Where(a => !a.IsCircuit && a.IsDialable && HasSameHost(a, seenAt)).Take(MaxAddresses)]
            : null;

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        AutoNatMessage request = await WireMessage.ReadAsync(stream, AutoNatMessage.Parser, MaxMessageBytes, "autonat", either.Token).ConfigureAwait(false);
        AutoNatMessage.Types.DialResponse response;
        try
        {
            response = await DialBackAsync(request, ((YamuxStream)stream).Connection!, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            response = Response(AutoNatMessage.Types.ResponseStatus.EDialError, "no address answered in time");
        }

        AutoNatMessage answer = new() { Type = AutoNatMessage.Types.AutoNatType.DialResponse, DialResponse = response };
        await WireMessage.WriteAsync(stream, answer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<AutoNatMessage.Types.DialResponse> DialBackAsync(AutoNatMessage request, Connection asker, CancellationToken cancellationToken)
    {
        if (ReadRequest(request, asker.RemotePeer, asker.RemoteAddress) is not { } allowed)
        {
            return Response(AutoNatMessage.Types.ResponseStatus.EBadRequest, "the peer to dial must be the one that asks");
        }

        if (asker.IsRelayed || allowed.Count == 0)
        {
            return Response(AutoNatMessage.Types.ResponseStatus.EDialRefused, "no address at the host that asks");
        }

        try
        {
            if (Interlocked.Increment(ref _dialBacks) > MaxDialBacks)
            {
                return Response(AutoNatMessage.Types.ResponseStatus.EDialRefused, "too many dial-backs under way");
            }

            Connection connection = await _switch.ProbeAsync(asker.RemotePeer, allowed, cancellationToken).ConfigureAwait(false);
            AutoNatMessage.Types.DialResponse response = Response(AutoNatMessage.Types.ResponseStatus.Ok, "");
            response.Addr = ByteString.CopyFrom((connection.RemoteAddress ?? allowed[0]).Bytes.Span);
            await connection.Session.DisposeAsync().ConfigureAwait(false);
            return response;
        }
        catch (IOException e)
        {
            return Response(AutoNatMessage.Types.ResponseStatus.EDialError, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _dialBacks);
        }
    }

    private static bool HasSameHost(Multiaddress address, Multiaddress? remote) =>
        address.Components[0].Protocol.Form == MultiaddressValueForm.Ip && remote is not null
        && remote.Components[0].Value.Span.SequenceEqual(address.Components[0].Value.Span);

    private static AutoNatMessage.Types.DialResponse Response(AutoNatMessage.Types.ResponseStatus status, string text) => new() { Status = status, StatusText = text };
}
