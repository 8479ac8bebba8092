using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client.Links;

/// <summary>A server that speaks <c>/whorl/span/1</c>: how it is reached, and what it heeds.</summary>
/// <param name="Host">This node.</param>
/// <param name="Peer">The server.</param>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Features">What it heeds beside what every server does.</param>
/// <param name="Time">The clock.</param>
internal sealed record SpanDialler(IPeerHost Host, PeerAddress Peer, string Name, SpanFeatures Features, TimeProvider Time)
{
    /// <summary>Opens a stream, over an open connection where there is one.</summary>
    public ValueTask<PeerStream> DialAsync(CancellationToken cancellationToken) => Host.DialAsync(Peer, SpanWire.ProtocolId, cancellationToken);

    /// <summary>Asks what it holds. The connection over which it answers is used again from then on, and nobody else is taken for it.</summary>
    public async Task<(SpanReply.Description Description, PeerAddress Peer)> DescribeAsync(CancellationToken cancellationToken)
    {
        await using PeerStream stream = await DialAsync(cancellationToken);
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.Describe(), default, cancellationToken);
        return await connection.ReceiveReplyAsync(cancellationToken) is SpanReply.Description description
            ? (description, Peer.Id is null && stream.RemotePeer is { } id ? new PeerAddress(id, Peer.Addresses) : Peer)
            : throw new FormatException("it does not say which blocks it holds");
    }

    /// <summary>Asks whether it is there.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken) => await DescribeAsync(cancellationToken);
}
