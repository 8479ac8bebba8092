using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P;
using Whorl.P2P.Buffers;
using Whorl.P2P.Transports;

namespace Whorl.Protocol.Rpc;

/// <summary>The callee's side of hivemind's remote calls, over any host.</summary>
/// <remarks>
/// A handler's token is cancelled when the caller closes or resets its stream before the answer is complete, and when the host closes. An
/// exception of a handler goes to the caller as an error, always, since Python callers otherwise wait for minutes: in its own words if it
/// is an <see cref="RpcErrorException"/> or about the request, else only by its kind. For the same reason callers of streams are told when
/// the host closes. Malformed requests end the stream without an answer, as p2pd does.
/// </remarks>
public sealed class RpcServer
{
    private readonly IPeerHost _host;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ByteBudget _longRequests = new(RpcLimits.MaxServerRequestBytes);

    /// <param name="host">Answers the protocols. Not disposed.</param>
    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="logger">Where failed handlers are told; null for nowhere.</param>
    public RpcServer(IPeerHost host, TimeProvider time, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(time);
        (_host, _time, _logger) = (host, time, logger ?? NullLogger.Instance);
    }

    /// <summary>Answers unary calls of a method.</summary>
    /// <param name="method">The protocol id, <c>Servicer.method</c>.</param>
    /// <param name="handler">Takes the serialized request, gives the serialized response.</param>
    /// <param name="isQuick">Whether it answers at once: its calls do not wait until there is room beside slow ones of the same connection.</param>
    /// <exception cref="InvalidOperationException">The method already has a handler.</exception>
    public void HandleUnary(
        string method, Func<RpcContext, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> handler, bool isQuick = false)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _host.Handle(method, (stream, token) => AnswerUnaryAsync(stream, handler, isQuick ? RpcBudget.Of(stream).Quick : RpcBudget.Of(stream).Slow, token));
    }

    /// <summary>Answers streaming calls of a method. When the handler returns, the call ends normally.</summary>
    /// <param name="method">The protocol id, <c>Servicer.method</c>.</param>
    /// <param name="handler">Receives requests and sends responses.</param>
    /// <param name="maxRequestBytes">A longer request ends the stream without an answer.</param>
    /// <exception cref="InvalidOperationException">The method already has a handler.</exception>
    public void HandleStream(string method, Func<RpcServerCall, CancellationToken, Task> handler, int maxRequestBytes = RpcLimits.MaxFrameBytes)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _host.Handle(method, (stream, token) => AnswerStreamAsync(stream, handler, maxRequestBytes, token));
    }

    /// <summary>Stops answering a method; calls under way run on.</summary>
    /// <returns>Whether there was a handler.</returns>
    public bool Unhandle(string method) => _host.Unhandle(method);

    private async Task AnswerUnaryAsync(
        PeerStream stream,
        Func<RpcContext, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> handler,
        RpcLane lane,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource stop = new();
        using RequestPump pump = new(stream, call, lane, _longRequests, RpcLimits.MaxUnaryBytes, _time);
        Task watching = Task.CompletedTask;
        int reserved = 0;
        try
        {
            if (await ReadRequestAsync(stream, pump, cancellationToken).ConfigureAwait(false) is not { } request)
            {
                await SlowDownAsync(stream, 0, cancellationToken).ConfigureAwait(false);
                return;
            }

            watching = pump.WatchAsync(stop.Token);
            await lane.Answers.TakeAsync(RpcLimits.MaxUnaryBytes, call.Token).ConfigureAwait(false);
            reserved = RpcLimits.MaxUnaryBytes;
            byte[] answer = await RunAsync(stream, handler, request.CallId, request.Data, call.Token).ConfigureAwait(false);
            call.Token.ThrowIfCancellationRequested(); // p2pd drops the answer of a cancelled call as well
            lane.Answers.Return(reserved - answer.Length);
            reserved = answer.Length;
            using Deadline deadline = new(RpcLimits.AnswerTimeout, _time, call.Token);
            await stream.WriteAsync(answer, deadline.Token).ConfigureAwait(false);
        }
        finally
        {
            lane.Answers.Return(reserved);
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
            pump.ReleaseAll();
        }
    }

    /// <returns>Null for anything but a whole, valid request.</returns>
    private async Task<(ByteString CallId, ReadOnlyMemory<byte> Data)?> ReadRequestAsync(
        PeerStream stream, RequestPump pump, CancellationToken cancellationToken)
    {
        using Deadline deadline = new(RpcLimits.RequestTimeout, _time, cancellationToken);
        string what = $"request of {stream.ProtocolId}";
        try
        {
            return UnaryMessage.ParseRequest(await pump.ReadUnaryAsync(what, deadline.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is WireFormatException or EndOfStreamException)
        {
            Log.CallEnded(_logger, stream.ProtocolId, stream.RemotePeer, e.Message);
            return null;
        }
    }

    private async Task<byte[]> RunAsync(
        PeerStream stream,
        Func<RpcContext, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> handler,
        ByteString callId,
        ReadOnlyMemory<byte> data,
        CancellationToken cancellationToken)
    {
        try
        {
            RpcContext context = new(stream.RemotePeer, stream.ProtocolId, stream.RemoteHost);
            ReadOnlyMemory<byte> response = await handler(context, data, cancellationToken).ConfigureAwait(false);
            return response.Length <= RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes
                ? UnaryMessage.Response(callId, response)
                : UnaryMessage.Error(
                    callId, $"a response of {response.Length} bytes, the limit of a unary call is {RpcLimits.MaxUnaryBytes}");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // whatever it is, the caller must hear of it
        {
            if (e is WireFormatException)
            {
                await SlowDownAsync(stream, data.Length, cancellationToken).ConfigureAwait(false);
            }

            return UnaryMessage.Error(callId, Told(e, stream));
        }
    }

    private async Task AnswerStreamAsync(
        PeerStream stream, Func<RpcServerCall, CancellationToken, Task> handler, int maxRequestBytes, CancellationToken cancellationToken)
    {
        using CancellationTokenSource call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource stop = new();
        using RequestPump pump = new(stream, call, RpcBudget.Of(stream).Slow, _longRequests, maxRequestBytes, _time);
        Task pumping = pump.RunAsync(stop.Token);
        try
        {
            await handler(new RpcServerCall(stream, pump), call.Token).ConfigureAwait(false);
            call.Token.ThrowIfCancellationRequested(); // ends in a reset, as p2pd does for a caller that is gone
        }
        catch (WireFormatException e) when (pump.IsMalformed)
        {
            Log.CallEnded(_logger, stream.ProtocolId, stream.RemotePeer, e.Message);
            await SlowDownAsync(stream, 0, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!call.IsCancellationRequested) // whatever it is, the caller must hear of it
        {
            if (e is WireFormatException)
            {
                await SlowDownAsync(stream, pump.HandledBytes, cancellationToken).ConfigureAwait(false);
            }

            using Deadline deadline = new(RpcLimits.ErrorTimeout, _time, cancellationToken); // a caller that does not read keeps nothing
            await FrameCodec.WriteErrorAsync(stream, Told(e, stream), deadline.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested) // the host closes, and that too
        {
            using CancellationTokenSource limit = new(HandlerTable.FarewellTime, TimeProvider.System);
            await FrameCodec.WriteErrorAsync(stream, "the server is shutting down", limit.Token).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pumping.ConfigureAwait(false);
            pump.ReleaseAll();
        }
    }

    /// <summary>Waits after a malformed request, where the connection sent more than a few.</summary>
    private async Task SlowDownAsync(PeerStream stream, int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait = RpcBudget.Of(stream).Faults.Charge(bytes, _time);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The text for the caller; what it hides is logged.</summary>
    private string Told(Exception exception, PeerStream stream)
    {
        if (exception is not RpcErrorException)
        {
            Log.HandlerFailed(_logger, exception, stream.ProtocolId, stream.RemotePeer);
        }

        return RpcText.Of(exception);
    }
}
