using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Whorl.Client;
using Whorl.P2P;

namespace Whorl.Cli.Engine;

/// <summary>This process's node. The one place that says which transport there is.</summary>
internal sealed class Network : IAsyncDisposable
{
    private readonly LoopbackHost _host;

    private Network(LoopbackHost host) => _host = host;

    public IPeerHost Host => _host;

    /// <summary>Where others reach this node.</summary>
    public string Address => _host.ListenAddresses[0].TryGetTcp(out string? host, out int port)
        ? string.Create(CultureInfo.InvariantCulture, $"{host}:{port}")
        : throw new InvalidOperationException("the node does not listen");

    /// <summary>A node that only dials.</summary>
    public static Network Client() => new(LoopbackHost.Start(NewId()));

    /// <summary>A node that listens.</summary>
    /// <param name="listen"><c>127.0.0.1:PORT</c>; port 0 takes a free one.</param>
    /// <exception cref="CliException">The address is not one of this machine's loopback, or in use.</exception>
    public static Network Listen(string listen)
    {
        if (!IPEndPoint.TryParse(listen, out IPEndPoint? endpoint) || !IPAddress.IsLoopback(endpoint.Address) || !listen.Contains(':', StringComparison.Ordinal))
        {
            throw new CliException($"cannot listen on '{listen}'; write 127.0.0.1:PORT");
        }

        try
        {
            return new(LoopbackHost.Start(NewId(), endpoint.Port));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new CliException($"cannot listen on {listen}: {e.Message}");
        }
    }

    /// <summary>Asks a server which blocks it holds.</summary>
    /// <param name="server"><c>HOST:PORT</c> or a multiaddress.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<RemoteSpan> ConnectAsync(string server, CancellationToken cancellationToken) =>
        RemoteSpan.ConnectAsync(_host, Parse(server), server, TimeProvider.System, cancellationToken);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static PeerAddress Parse(string server) =>
        IPEndPoint.TryParse(server, out IPEndPoint? endpoint) && endpoint.Port > 0 ? new PeerAddress(null, Multiaddress.FromTcp(endpoint))
        : PeerAddress.TryParse(server, out PeerAddress? peer) ? peer
        : throw new CliException($"'{server}' is no server's address; write 127.0.0.1:PORT");

    private static PeerId NewId() => PeerId.FromPublicKey(RandomNumberGenerator.GetBytes(36));
}
