using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>The session on another server that a session's outputs go on to: over a stream of its own, on which nothing is answered.</summary>
internal sealed class SpanSuccessor : IAsyncDisposable
{
    private readonly PeerStream _stream;
    private readonly SpanConnection _connection;
    private readonly long _ahead;
    private bool _isBroken;

    private SpanSuccessor(PeerStream stream, SpanConnection connection, long ahead) => (_stream, _connection, _ahead) = (stream, connection, ahead);

    /// <summary>Asks the other server to take steps for the session that it has been told of.</summary>
    /// <param name="host">This node.</param>
    /// <param name="forward">Where to; its addresses have been looked over.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It is not reached, or does not take any.</exception>
    /// <exception cref="FormatException">It answers what is no answer.</exception>
    /// <exception cref="ArgumentException">An address names somebody else.</exception>
    public static async Task<SpanSuccessor> LinkAsync(IPeerHost host, SpanRequest.Forward forward, CancellationToken cancellationToken)
    {
        PeerStream stream = await host.DialAsync(new PeerAddress(forward.Peer, forward.Addresses), SpanWire.ProtocolId, cancellationToken);
        try
        {
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Feed(forward.Ticket), default, cancellationToken);
            return await connection.ReceiveReplyAsync(cancellationToken) is SpanReply.Linked
                ? new SpanSuccessor(stream, connection, forward.Ahead)
                : throw new PeerUnavailableException("it takes no steps for that session");
        }
        catch
        {
            stream.Reset();
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends an output on as the input of the same step there.</summary>
    /// <returns>Whether it has gone; where once it has not, nothing more will.</returns>
    public async ValueTask<bool> TrySendAsync(SpanRequest.Step step, ReadOnlyMemory<float> output, CancellationToken cancellationToken)
    {
        if (_isBroken)
        {
            return false;
        }

        try
        {
            await _connection.SendAsync(step with { Number = step.Number + _ahead }, output, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            _isBroken = true;
            _stream.Reset();
            return false;
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
