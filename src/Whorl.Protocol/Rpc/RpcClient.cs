using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Protocol.Rpc;

/// <summary>The caller's side of hivemind's remote calls, over any host.</summary>
/// <param name="host">Dials the peers. Not disposed.</param>
/// <param name="time">The clock of the deadlines.</param>
/// <remarks>
/// Every call has a stream of its own. A unary call's stream stays open for writing until its answer is there: p2pd takes an earlier half
/// close, and any byte behind the request, for a cancellation.
/// </remarks>
public sealed class RpcClient(IPeerHost host, TimeProvider time)
{
    /// <summary>The identity that peers see.</summary>
    public PeerId Id => host.Id;

    /// <summary>The clock of the deadlines.</summary>
    public TimeProvider Time => time;

    /// <summary>A unary call.</summary>
    /// <param name="peer">The callee.</param>
    /// <param name="method">The protocol id, <c>Servicer.method</c>.</param>
    /// <param name="request">The serialized request; with its envelope at most <see cref="RpcLimits.MaxUnaryBytes"/>.</param>
    /// <param name="timeout">For the whole call, dialling included; infinite if <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Resets the stream, which cancels the handler at the callee.</param>
    /// <returns>The serialized response.</returns>
    /// <exception cref="RpcErrorException">The handler failed; the message is what the peer says of it.</exception>
    /// <exception cref="IOException">The peer cannot be reached, lacks the method, or ended the stream without an answer.</exception>
    /// <exception cref="WireFormatException">The answer is malformed or too long.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    /// <exception cref="ArgumentException">The request is too long.</exception>
    public async Task<ReadOnlyMemory<byte>> CallAsync(
        PeerAddress peer, string method, ReadOnlyMemory<byte> request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using Deadline deadline = new(timeout, time, cancellationToken);
        try
        {
            PeerStream stream = await host.DialAsync(peer, method, deadline.Token).ConfigureAwait(false);
            try
            {
                PeerId callee = stream.RemotePeer ?? peer.Id ?? host.Id; // required on the wire, and overwritten by whoever receives it
                await stream.WriteAsync(UnaryMessage.Request(callee, method, request), deadline.Token).ConfigureAwait(false);
                byte[] answer = await DelimitedReader.ReadAsync(
                    stream, RpcLimits.MaxUnaryBytes, $"answer of {method}", deadline.Token).ConfigureAwait(false);
                await stream.DisposeAsync().ConfigureAwait(false);
                return UnaryMessage.ParseResponse(answer);
            }
            catch (Exception e) when (e is not RpcErrorException)
            {
                stream.Reset();
                throw;
            }
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw new TimeoutException($"{peer.Id} did not answer {method} within {timeout.TotalSeconds:0.###} s");
        }
    }

    /// <summary>Opens a call that streams both ways.</summary>
    /// <param name="peer">The callee.</param>
    /// <param name="method">The protocol id, <c>Servicer.method</c>.</param>
    /// <param name="timeout">For the dialling only.</param>
    /// <param name="cancellationToken">For the dialling only.</param>
    /// <exception cref="IOException">The peer cannot be reached or lacks the method.</exception>
    /// <exception cref="TimeoutException">The peer could not be dialled in time.</exception>
    public async Task<RpcCall> OpenAsync(PeerAddress peer, string method, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using Deadline deadline = new(timeout, time, cancellationToken);
        try
        {
            return new RpcCall(await host.DialAsync(peer, method, deadline.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw new TimeoutException($"{peer.Id} could not be dialled for {method} within {timeout.TotalSeconds:0.###} s");
        }
    }
}
