using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using WireFormatException = Whorl.Protocol.WireFormatException;

namespace Whorl.Server;

/// <summary>Lets others compute with this process's blocks, over <c>/whorl/span/1</c>.</summary>
/// <param name="span">The blocks.</param>
/// <param name="log">What is told to the operator.</param>
public sealed class SpanServer(HostedSpan span, ILogger log)
{
    private int _sessions;

    /// <summary>Sessions open now.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Begins to answer on a host.</summary>
    public void Listen(IPeerHost host) => host.Handle(SpanWire.ProtocolId, ServeAsync);

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        SpanConnection connection = new(stream);
        HostedSession? session = null;
        try
        {
            while (await connection.ReceiveRequestAsync(cancellationToken) is { } request)
            {
                switch (request)
                {
                    case SpanRequest.Describe:
                        await connection.SendAsync(Describe(), default, cancellationToken);
                        break;
                    case SpanRequest.Open open when session is null:
                        session = await OpenAsync(connection, open, cancellationToken);
                        break;
                    case SpanRequest.Step step when session is not null:
                        await ComputeAsync(connection, session, step, cancellationToken);
                        break;
                    default:
                        throw new WireFormatException($"{request.GetType().Name} does not belong here");
                }
            }
        }
        catch (WireFormatException e)
        {
            Log.BadRequest(log, stream.RemotePeer?.ToString() ?? "a peer without id", e.Message);
            throw; // the host resets the stream
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync();
                Log.SessionClosed(log, Interlocked.Decrement(ref _sessions));
            }
        }
    }

    private SpanReply.Description Describe() => new(
        span.Range.First, span.Range.Last, span.BoundarySize, span.Contract.Fingerprint, (int)span.Contract.Activations, (int)span.Contract.Boundary);

    private async ValueTask<HostedSession?> OpenAsync(SpanConnection connection, SpanRequest.Open open, CancellationToken cancellationToken)
    {
        HostedSession session;
        try
        {
            session = Open(open);
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException or OverflowException)
        {
            await connection.SendAsync(new SpanReply.Failure(SpanFailureCode.OutOfMemory, e.Message), default, cancellationToken);
            return null;
        }
        catch (ArgumentException e)
        {
            await connection.SendAsync(new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message), default, cancellationToken);
            return null;
        }

        Log.SessionOpened(log, session.Cache.Range.ToString(), open.MaxLength, Interlocked.Increment(ref _sessions));
        await connection.SendAsync(new SpanReply.Opened(), default, cancellationToken);
        return session;
    }

    private HostedSession Open(SpanRequest.Open open) => open.Fingerprint == span.Contract.Fingerprint
        ? span.Open(new BlockSessionOptions(new BlockRange(open.FirstBlock, open.LastBlock), open.MaxLength, open.MaxScratch))
        : throw new ArgumentException("the server holds another model", nameof(open));

    private async ValueTask ComputeAsync(SpanConnection connection, HostedSession session, SpanRequest.Step request, CancellationToken cancellationToken)
    {
        StepBuffers buffers = session.Buffers;
        if (connection.PayloadLength != request.Rows * span.BoundarySize)
        {
            throw new WireFormatException($"step {request.Number} of {request.Rows} rows with {connection.PayloadLength} values");
        }

        if (request.Number == buffers.LastNumber && buffers.LastNumber > 0)
        {
            // A repeated step: its payload is read and dropped, its answer is sent again.
            await connection.ReceivePayloadAsync(buffers.Input(connection.PayloadLength), cancellationToken);
            await connection.SendAsync(new SpanReply.Result(request.Number, TimeSpan.Zero), buffers.Step.Output, cancellationToken);
            return;
        }

        if (request.Number != buffers.LastNumber + 1)
        {
            throw new WireFormatException($"step {request.Number} after step {buffers.LastNumber}");
        }

        Memory<float> input = buffers.Input(connection.PayloadLength);
        await connection.ReceivePayloadAsync(input, cancellationToken);
        BlockStep step = buffers.Step;
        (step.Rows, step.Input, step.EveryBlock) = (request.Rows, input, request.EveryBlock);
        (step.HasVerdict, step.Keep, step.IsScratch, step.Parents) = (request.HasVerdict, request.Keep, request.IsScratch, request.Parents);
        long length = step.OutputLength(session.Cache.Range.Count, span.BoundarySize);
        if (length * sizeof(float) > SpanWire.MaxPayloadBytes)
        {
            await connection.SendAsync(new SpanReply.Failure(SpanFailureCode.BadRequest, $"the answer would have {length} values; ask for fewer rows"), default, cancellationToken);
            return;
        }

        step.Output = buffers.Output((int)length);
        try
        {
            await session.StepAsync(step, cancellationToken);
        }
        catch (ArgumentException e)
        {
            await connection.SendAsync(new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message), default, cancellationToken);
            return;
        }

        buffers.LastNumber = request.Number;
        await connection.SendAsync(new SpanReply.Result(request.Number, session.LastComputing), step.Output, cancellationToken);
    }
}
