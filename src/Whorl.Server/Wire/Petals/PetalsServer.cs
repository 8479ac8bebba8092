using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Swarm;
using Whorl.Tensors;
using TensorParts = Whorl.Protocol.Tensors.TensorParts;

namespace Whorl.Server.Petals;

/// <summary>Lets Petals' clients, Python's and others, compute with this process's blocks: <c>TransformerConnectionHandler.rpc_*</c>.</summary>
/// <remarks>
/// It answers as Petals' current head does, defects excepted; clients of 2.2.0 are served as well. Hidden states between blocks, and so in
/// answers, are float32 or bfloat16 as the span's contract says. Gradients are refused.
/// </remarks>
public sealed class PetalsServer : IAsyncDisposable
{
    private readonly PetalsContext _context;
    private readonly ForwardCall _forward;
    private readonly InferenceCall _inference;
    private readonly PushInbox _inbox;
    private readonly StepPusher _pusher;

    /// <summary>Begins to answer.</summary>
    /// <param name="host">This node.</param>
    /// <param name="span">The blocks. Its memory budget is what clients are told is free.</param>
    /// <param name="options">How the server behaves.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Null for nowhere.</param>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public PetalsServer(IPeerHost host, HostedSpan span, PetalsServerOptions options, TimeProvider time, ILogger? log = null)
    {
        if (options.Prefix.Length == 0 || options.Prefix.AsSpan().ContainsAny('.', ' '))
        {
            throw new ArgumentException($"'{options.Prefix}' is not a model's prefix: it must not contain '.' or ' '", nameof(options));
        }

        log ??= NullLogger.Instance;
        ElementType type = span.Contract.Boundary == BoundaryFormat.BF16 ? ElementType.BF16 : ElementType.F32;
        SpanShape shape = new(span.BoundarySize, type, options.MaxBatchTokens);
        _context = new PetalsContext(span, new BlockUids(options.Prefix, span.Range), shape, new CacheMemory(span), options, time);
        _forward = new ForwardCall(_context);
        _inbox = new PushInbox(span.Memory);
        _pusher = new StepPusher(new RpcClient(host, time), options, log);
        _inference = new InferenceCall(_context, _inbox, _pusher, log);

        RpcServer server = new(host, time, log);
        server.HandleUnary(PetalsMethods.Info, (_, request, _) => new(Info(request)), isQuick: true);
        server.HandleUnary(PetalsMethods.Push, (_, request, _) => new(Push(request)));
        server.HandleUnary(PetalsMethods.Forward, (call, request, token) => ToldInUnaryAsync(t => ForwardAsync(call, request, t), token));
        server.HandleUnary(PetalsMethods.Backward, (_, request, token) => ToldInUnaryAsync(_ => BackwardAsync(request), token));
        server.HandleStream(PetalsMethods.ForwardStream, (call, token) => ToldAsync(e => e.OnStream, options.RequestTimeout, t => ForwardAsync(call, t), token));
        server.HandleStream(PetalsMethods.BackwardStream, (call, token) => ToldAsync(e => e.OnStream, options.RequestTimeout, t => BackwardAsync(call, t), token));
        server.HandleStream(
            PetalsMethods.Inference,
            (call, token) => ToldAsync(e => e.OnStream, options.SessionTimeout, t => _inference.ServeAsync(call, t), token),
            shape.MaxStepBytes);
    }

    /// <summary>Tokens that there is cache memory for, summed over the blocks; keys and values of a token count once.</summary>
    public long CacheTokensAvailable => _context.Memory.FreeTokens;

    /// <summary>What is announced of this server.</summary>
    /// <param name="state">Whether it serves.</param>
    /// <param name="throughput">What was measured at its start.</param>
    /// <param name="usesRelay">Whether it is reached through a relay only, now.</param>
    public ServerInfo Describe(ServerState state, ServerThroughput throughput, bool usesRelay) => new()
    {
        State = state,
        Throughput = throughput.Of(_context.Span.Range.Count, usesRelay),
        StartBlock = _context.Span.Range.First,
        EndBlock = _context.Span.Range.Last + 1,
        PublicName = _context.Options.PublicName,
        Version = _context.Options.Version,
        NetworkRps = throughput.NetworkRps,
        ForwardRps = throughput.ForwardRps,
        InferenceRps = throughput.InferenceRps,
        TorchDtype = DataTypes.NameOf(_context.Shape.Type),
        QuantType = _context.Options.QuantType,
        UsingRelay = usesRelay,
        CacheTokensLeft = 2 * CacheTokensAvailable, // keys and values count apart here
    };

    /// <summary>Gives up pushes under way. Calls under way end with the host.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pusher.DisposeAsync();
        _context.Memory.Dispose();
    }

    private async ValueTask<ReadOnlyMemory<byte>> ToldInUnaryAsync(Func<CancellationToken, Task<byte[]>> answer, CancellationToken cancellationToken)
    {
        byte[] result = [];
        await ToldAsync(e => e.InUnary, _context.Options.RequestTimeout, async t => result = await answer(t), cancellationToken);
        return result;
    }

    /// <summary>Answers within a time; the caller hears in Petals' words what went wrong.</summary>
    private async Task ToldAsync(Func<PetalsException, string> words, TimeSpan timeout, Func<CancellationToken, Task> answer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(timeout, _context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await answer(either.Token);
        }
        catch (PetalsException e)
        {
            throw new RpcErrorException(words(e), e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RpcErrorException($"the call lasted longer than {timeout.TotalSeconds:0} s");
        }
    }

    private byte[] Info(ReadOnlyMemory<byte> request)
    {
        string uid = ExpertUid.Parse(request.Span).Uid;
        RpcInfo info = new()
        {
            Version = _context.Options.Version,
            DhtClientMode = _context.Options.DhtClientMode,
            CacheTokensAvailable = _context.Memory.FreeTokens,
        };
        if (uid.Length > 0)
        {
            info = _context.Uids.IsServed(uid)
                ? info.WithSchemas(_context.Shape.BoundarySize, _context.Shape.Type, _context.Options.Compression)
                : throw new RpcErrorException(new PetalsException("KeyError", uid).InUnary);
        }

        return new ExpertInfo(info.ToBytes()).ToBytes();
    }

    private byte[] Push(ReadOnlyMemory<byte> bytes)
    {
        ExpertRequest request = ExpertRequest.Parse(bytes.Span);
        try
        {
            _context.Uids.Resolve(request.Uid);
        }
        catch (PetalsException e)
        {
            throw new RpcErrorException(e.InUnary, e);
        }

        string session = Protocol.Metadata.RequestMetadata.Parse(request.Metadata.Span).SessionId
            ?? throw new RpcErrorException(new PetalsException("KeyError", "session_id").InUnary);
        _inbox.Put(session, request, bytes.Length);
        return new ExpertResponse([]).ToBytes();
    }

    private async Task<byte[]> ForwardAsync(RpcContext caller, ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        new ExpertResponse([await _forward.ForwardAsync(caller, ExpertRequest.Parse(request.Span), cancellationToken)]).ToBytes();

    private Task<byte[]> BackwardAsync(ReadOnlyMemory<byte> request) =>
        Task.FromResult(new ExpertResponse([_forward.Backward(ExpertRequest.Parse(request.Span))]).ToBytes());

    private async Task ForwardAsync(RpcServerCall call, CancellationToken cancellationToken) =>
        await SendAsync(call, await _forward.ForwardAsync(call.Context, await ReceiveAsync(call, cancellationToken), cancellationToken), cancellationToken);

    private async Task BackwardAsync(RpcServerCall call, CancellationToken cancellationToken) =>
        await SendAsync(call, _forward.Backward(await ReceiveAsync(call, cancellationToken)), cancellationToken);

    /// <summary>Puts a request together whose tensors come in parts, a message each. The first message's metadata counts.</summary>
    private async Task<ExpertRequest> ReceiveAsync(RpcServerCall call, CancellationToken cancellationToken)
    {
        // Hidden states, gradients, and prompts of every block, each of at most so many tokens, in at most 8 bytes a value.
        TensorAssembler assembler = new((_context.Span.Range.Count + 2L) * _context.Shape.MaxBatchTokens * _context.Shape.BoundarySize * sizeof(double));
        ExpertRequest? first = null;
        await foreach (ReadOnlyMemory<byte> message in call.ReceiveAllAsync(cancellationToken))
        {
            ExpertRequest part = ExpertRequest.Parse(message.Span);
            first ??= part;
            if (part.Uid != first.Uid)
            {
                throw new PetalsException("ValueError", "Expert uids differ in one request");
            }

            foreach (TensorMessage tensor in part.Tensors)
            {
                assembler.Add(tensor);
            }
        }

        return (first ?? throw new PetalsException("ValueError", "a call without requests")) with { Tensors = assembler.Finish() };
    }

    private static async Task SendAsync(RpcServerCall call, TensorMessage tensor, CancellationToken cancellationToken)
    {
        foreach (TensorMessage part in TensorParts.Split(tensor))
        {
            await call.SendAsync(new ExpertResponse([part]).ToBytes(), cancellationToken);
        }
    }
}
