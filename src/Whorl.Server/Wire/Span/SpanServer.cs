using Microsoft.Extensions.Logging;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>Lets others compute with this process's blocks, over <c>/whorl/span/1</c>.</summary>
/// <param name="span">The blocks.</param>
/// <param name="log">What is told to the operator.</param>
public sealed class SpanServer(HostedSpan span, ILogger log) : IAsyncDisposable
{
    private readonly SessionTable _table = new(span, log);
    private readonly SemaphoreSlim _linking = new(SpanStream.MostLinking, SpanStream.MostLinking);

    /// <summary>Sessions open now, those whose stream broke included.</summary>
    public int Sessions => _table.Count;

    /// <summary>Whether hidden states go on to the next server where a client asks for it.</summary>
    public bool Pushes { get; init; } = true;

    /// <summary>Begins to answer on a host.</summary>
    public void Listen(IPeerHost host) => host.Handle(SpanWire.ProtocolId, (stream, cancellationToken) => ServeAsync(host, stream, cancellationToken));

    /// <summary>Ends all sessions and forgets beginnings of texts. Sessions of streams under way end with the host.</summary>
    public async ValueTask DisposeAsync()
    {
        await _table.CloseAllAsync();
        span.Prefixes?.Clear();
    }

    private async Task ServeAsync(IPeerHost host, PeerStream stream, CancellationToken cancellationToken)
    {
        using SpanStream served = new(span, _table, log, stream, Pushes ? host : null, _linking, cancellationToken);
        await served.ServeAsync();
    }
}
