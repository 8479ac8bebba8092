using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Client;

/// <summary>Asks a server to leave its swarm.</summary>
public static class ServerDrain
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Asks it; it has begun to leave when this returns null.</summary>
    /// <param name="host">This node, whose key must be an operator's of the server.</param>
    /// <param name="peer">The server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why it does not; null where it does.</returns>
    /// <exception cref="IOException">It does not answer, or does not know the request.</exception>
    /// <exception cref="FormatException">It answers what is no answer.</exception>
    public static async Task<string?> AskAsync(IPeerHost host, PeerAddress peer, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(AnswerTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await using PeerStream stream = await host.DialAsync(peer, SpanWire.ProtocolId, either.Token);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Drain(), default, either.Token);
            return await connection.ReceiveReplyAsync(either.Token) switch
            {
                SpanReply.Linked => null,
                SpanReply.Failure failure => PeerText.Clean(failure.Message),
                SpanReply other => throw new FormatException($"{other.GetType().Name} where it was asked to leave"),
            };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException($"it did not answer within {AnswerTimeout.TotalSeconds:0} s", e);
        }
    }
}
