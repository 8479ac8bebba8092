using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>Lets others compute with this process's blocks, over <c>/whorl/span/1</c>.</summary>
/// <param name="span">The blocks.</param>
/// <param name="log">What is told to the operator.</param>
public sealed class SpanServer(HostedSpan span, ILogger log)
{
    /// <summary>From one request of a client to the next, answering included: who is silent for longer loses the session, since its memory is others' then.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(30);

    private int _sessions;

    /// <summary>Sessions open now.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Begins to answer on a host.</summary>
    public void Listen(IPeerHost host) => host.Handle(SpanWire.ProtocolId, ServeAsync);

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        string peer = stream.RemotePeer?.ToString() ?? "a peer without id";
        using CancellationTokenSource limit = new(Timeout.InfiniteTimeSpan, span.Time);
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        SpanConnection connection = new(stream);
        HostedSession? session = null;
        try
        {
            limit.CancelAfter(LongestStep);
            while (await connection.ReceiveRequestAsync(limit.Token) is { } request)
            {
                limit.CancelAfter(LongestStep); // anew with every request
                switch (request)
                {
                    case SpanRequest.Describe:
                        await connection.SendAsync(Describe(), default, limit.Token);
                        break;
                    case SpanRequest.Open open when session is null:
                        session = await OpenAsync(connection, open, limit.Token);
                        break;
                    case SpanRequest.Step step when session is not null:
                        if (!await ComputeAsync(connection, session, step, limit.Token))
                        {
                            return;
                        }

                        break;
                    default:
                        throw new WireFormatException($"{request.GetType().Name} does not belong here");
                }
            }
        }
        catch (WireFormatException e)
        {
            Log.BadRequest(log, peer, e.Message);
            throw; // the host resets the stream
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Silent(log, peer, LongestStep.TotalMinutes);
            throw;
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

    /// <returns>Whether the session can go on.</returns>
    /// <exception cref="WireFormatException">The step's number or payload is not what it must be.</exception>
    private async ValueTask<bool> ComputeAsync(SpanConnection connection, HostedSession session, SpanRequest.Step request, CancellationToken cancellationToken)
    {
        StepBuffers buffers = session.Buffers;
        if (connection.PayloadLength != request.Rows * span.BoundarySize)
        {
            throw new WireFormatException($"step {request.Number} of {request.Rows} rows with {connection.PayloadLength} values");
        }

        if (request.Number == buffers.LastNumber && buffers.LastNumber > 0)
        {
            await connection.SkipPayloadAsync(cancellationToken); // a repeated step: its answer is sent again
            await connection.SendAsync(new SpanReply.Result(request.Number, TimeSpan.Zero), buffers.Step.Output, cancellationToken);
            return true;
        }

        if (request.Number != buffers.LastNumber + 1)
        {
            throw new WireFormatException($"step {request.Number} after step {buffers.LastNumber}");
        }

        if (Refusal(session.Cache, request) is { } refusal)
        {
            await connection.SkipPayloadAsync(cancellationToken);
            await connection.SendAsync(new SpanReply.Failure(SpanFailureCode.BadRequest, refusal), default, cancellationToken);
            return true;
        }

        Memory<float> input = buffers.Input(connection.PayloadLength);
        await connection.ReceivePayloadAsync(input, cancellationToken);
        BlockStep step = buffers.Step;
        (step.Rows, step.Input, step.EveryBlock) = (request.Rows, input, request.EveryBlock);
        (step.HasVerdict, step.Keep, step.IsScratch, step.Parents) = (request.HasVerdict, request.Keep, request.IsScratch, request.Parents);
        step.Output = buffers.Output((int)step.OutputLength(session.Cache.Range.Count, span.BoundarySize));
        if (await TryStepAsync(session, step, cancellationToken) is { } failure)
        {
            await connection.SendAsync(failure, default, cancellationToken);
            return failure.Code == SpanFailureCode.BadRequest;
        }

        buffers.LastNumber = request.Number;
        await connection.SendAsync(new SpanReply.Result(request.Number, session.LastComputing), step.Output, cancellationToken);
        return true;
    }

    /// <summary>What is wrong with a step's size, before memory is taken for it; null if nothing.</summary>
    private string? Refusal(SessionCache session, SpanRequest.Step request)
    {
        long rows = (long)session.MaxLength + session.MaxScratch;
        long values = (long)(request.EveryBlock ? session.Range.Count : 1) * request.Rows * span.BoundarySize;
        return request.Rows > rows ? $"a step of {request.Rows} rows in a session of at most {rows} tokens"
            : values > SpanWire.MaxPayloadBytes / sizeof(float) ? $"the answer would have {values} values; ask for fewer rows"
            : null;
    }

    /// <returns>Null where the step was computed.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "whatever goes wrong is this server's own fault, and its client must hear of it to go elsewhere")]
    private async ValueTask<SpanReply.Failure?> TryStepAsync(HostedSession session, BlockStep step, CancellationToken cancellationToken)
    {
        try
        {
            await session.StepAsync(step, cancellationToken);
            return null;
        }
        catch (ArgumentException e)
        {
            return new SpanReply.Failure(SpanFailureCode.BadRequest, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.NotComputed(log, e);
            return new SpanReply.Failure(SpanFailureCode.Internal, $"the server failed to compute the step ({e.GetType().Name})");
        }
    }
}
