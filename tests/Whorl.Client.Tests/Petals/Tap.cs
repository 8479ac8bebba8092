using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;

namespace Whorl.Client.Tests.Petals;

/// <summary>Stands before a server: passes calls on and notes every message, in the order in which the caller sees them.</summary>
internal sealed class Tap
{
    private readonly PeerId _server;
    private readonly RpcClient _client;
    private readonly ReadOnlyMemory<byte> _metadata;

    /// <param name="host">Answers in the server's place.</param>
    /// <param name="server">Answers really.</param>
    /// <param name="metadata">Requests are measured as if they carried this: what else is in a request's metadata is each client's own.</param>
    public Tap(IPeerHost host, PeerId server, ReadOnlyMemory<byte> metadata)
    {
        (_server, _client, _metadata) = (server, new RpcClient(host, TimeProvider.System), metadata);
        RpcServer taps = new(host, TimeProvider.System);
        taps.HandleUnary("TransformerConnectionHandler.rpc_info", (context, request, token) => new(PassOnAsync(context.Method, request, token)));
        taps.HandleUnary("TransformerConnectionHandler.rpc_forward", async (context, request, token) =>
        {
            Note("request", Measured(request));
            ReadOnlyMemory<byte> response = await PassOnAsync(context.Method, request, token);
            Note("response", response.Length);
            return response;
        });
        taps.HandleStream("TransformerConnectionHandler.rpc_forward_stream", PassOnAsync);
    }

    /// <summary>What passed: the kind of event, and the length of a message.</summary>
    public List<(string Kind, int Length)> Seen { get; } = [];

    private Task<ReadOnlyMemory<byte>> PassOnAsync(string method, ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        _client.CallAsync(_server, method, request, Timeout.InfiniteTimeSpan, cancellationToken);

    private async Task PassOnAsync(RpcServerCall call, CancellationToken cancellationToken)
    {
        await using RpcCall real = await _client.OpenAsync(_server, call.Context.Method, Timeout.InfiniteTimeSpan, cancellationToken);
        Note("open", 0);
        await foreach (ReadOnlyMemory<byte> request in call.ReceiveAllAsync(cancellationToken))
        {
            Note("request", Measured(request));
            await real.SendAsync(request, cancellationToken);
        }

        Note("end_of_requests", 0);
        await real.CompleteAsync(cancellationToken);
        await foreach (ReadOnlyMemory<byte> response in real.ReceiveAllAsync(cancellationToken))
        {
            Note("response", response.Length);
            await call.SendAsync(response, cancellationToken);
        }

        Note("eof", 0);
    }

    private void Note(string kind, int length) => Seen.Add((kind, length));

    private int Measured(ReadOnlyMemory<byte> request) => (ExpertRequest.Parse(request.Span) with { Metadata = _metadata }).ToBytes().Length;
}
