using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Transports;
using Whorl.P2P.Transports.Loopback;

namespace Whorl.P2P;

/// <summary>A host for processes of one machine: plain TCP bound to loopback, one connection per stream, neither encrypted nor authenticated.</summary>
/// <remarks>
/// The dialer sends varint-length-prefixed protocol id and own id, the listener one byte (1 accepted, 0 no such protocol) and its id in the same form.
/// The half close is TCP's; a reset closes the socket hard, so a killed process surfaces at once on the other side.
/// </remarks>
public sealed class LoopbackHost : IPeerHost
{
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;
    private readonly HandlerTable _handlers;
    private readonly ConcurrentDictionary<LoopbackStream, bool> _streams = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _accepting;

    private LoopbackHost(PeerId id, TcpListener listener, TimeProvider time, ILogger logger)
    {
        Id = id;
        _listener = listener;
        _time = time;
        _logger = logger;
        _handlers = new HandlerTable(logger);
        ListenAddresses = [Multiaddress.FromTcp((IPEndPoint)listener.LocalEndpoint)];
        _accepting = AcceptAsync();
    }

    /// <inheritdoc/>
    public PeerId Id { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddress> ListenAddresses { get; }

    /// <summary>How many streams are neither disposed nor reset: 0 where nothing leaks.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Starts to listen.</summary>
    /// <param name="id">The host's name, which nobody verifies.</param>
    /// <param name="port">0 for any free port.</param>
    /// <param name="time">The clock of the header's time-out; null for the system's.</param>
    /// <param name="logger">Where failed handlers are told; null for nowhere.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static LoopbackHost Start(PeerId id, int port = 0, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(id);
        TcpListener listener = new(IPAddress.Loopback, port);
        listener.Start();
        return new LoopbackHost(id, listener, time ?? TimeProvider.System, logger ?? NullLogger.Instance);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no address, or one that is not loopback TCP.</exception>
    public async ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ProtocolIds.Check(protocolId);
        IPEndPoint[] endpoints = [.. peer.Addresses.Select(LoopbackEndpoint)];
        List<string> failures = [];
        foreach (IPEndPoint endpoint in endpoints)
        {
            Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
                return await OpenAsync(socket, peer.Id, protocolId, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                socket.Dispose();
                if (e is not (SocketException or IOException and not ProtocolNotSupportedException and not ProtocolViolationException))
                {
                    throw;
                }

                failures.Add($"{endpoint}: {e.Message}");
            }
        }

        throw new PeerUnavailableException($"{peer} cannot be reached: {(failures.Count == 0 ? "no address" : string.Join("; ", failures))}") { Peer = peer.Id };
    }

    /// <inheritdoc/>
    public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) => _handlers.Add(protocolId, handler);

    /// <inheritdoc/>
    public bool Unhandle(string protocolId) => _handlers.Remove(protocolId);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        await _handlers.CancelAsync().ConfigureAwait(false);
        foreach (LoopbackStream stream in _streams.Keys)
        {
            stream.Reset();
        }

        await _handlers.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private static IPEndPoint LoopbackEndpoint(Multiaddress address) =>
        address.TryGetTcp(out string? host, out int port) && IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip)
            ? new IPEndPoint(ip, port)
            : throw new ArgumentException($"{address} is not a loopback TCP address, and the loopback host dials no other");

    private async ValueTask<PeerStream> OpenAsync(Socket socket, PeerId? expected, string protocolId, CancellationToken cancellationToken)
    {
        NetworkStream network = new(socket, ownsSocket: true);
        byte[] name = Encoding.UTF8.GetBytes(protocolId);
        byte[] header = [.. Prefixed(name), .. Prefixed(Id.Bytes.Span)];
        await network.WriteAsync(header, cancellationToken).ConfigureAwait(false);
        byte[] accepted = new byte[1];
        await network.ReadExactlyAsync(accepted, cancellationToken).ConfigureAwait(false);
        PeerId remote = PeerId.FromBytes(await ReadPrefixedAsync(network, PeerId.MaxBytes, cancellationToken).ConfigureAwait(false));
        if (expected is not null && expected != remote)
        {
            throw new ProtocolViolationException($"{expected} was dialled and {remote} answered");
        }

        return accepted[0] == 1
            ? Track(network, remote, protocolId)
            : throw new ProtocolNotSupportedException($"{remote} does not speak '{protocolId}'") { ProtocolId = protocolId };
    }

    private async Task AcceptAsync()
    {
        ConcurrentDictionary<Task, bool> answering = new();
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptSocketAsync(_closing.Token).ConfigureAwait(false);
                Task answer = AnswerAsync(socket);
                answering[answer] = true;
                _ = answer.ContinueWith(done => answering.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                Log.InboundFailed(_logger, "loopback", e.Message);
            }
        }

        await Task.WhenAll(answering.Keys).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Socket socket)
    {
        NetworkStream network = new(socket, ownsSocket: true);
        try
        {
            socket.NoDelay = true;
            using CancellationTokenSource timeout = new(HeaderTimeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _closing.Token);
            string protocolId = Encoding.UTF8.GetString(await ReadPrefixedAsync(network, ProtocolIds.MaxBytes, either.Token).ConfigureAwait(false));
            PeerId remote = PeerId.FromBytes(await ReadPrefixedAsync(network, PeerId.MaxBytes, either.Token).ConfigureAwait(false));
            bool known = _handlers.Contains(protocolId);
            byte[] answer = [known ? (byte)1 : (byte)0, .. Prefixed(Id.Bytes.Span)];
            await network.WriteAsync(answer, either.Token).ConfigureAwait(false);
            if (known)
            {
                LoopbackStream stream = Track(network, remote, protocolId);
                if (!_handlers.TryStart(stream))
                {
                    stream.Reset();
                }

                return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or WireFormatException or ObjectDisposedException)
        {
            Log.InboundFailed(_logger, "loopback", e.Message);
        }

        await network.DisposeAsync().ConfigureAwait(false);
    }

    private LoopbackStream Track(NetworkStream network, PeerId remote, string protocolId)
    {
        LoopbackStream stream = new(network, remote, protocolId, closed => _streams.TryRemove(closed, out _));
        _streams[stream] = true;
        return stream;
    }

    private static byte[] Prefixed(ReadOnlySpan<byte> bytes)
    {
        byte[] prefixed = new byte[Varint.LengthOf((ulong)bytes.Length) + bytes.Length];
        bytes.CopyTo(prefixed.AsSpan(Varint.Write(prefixed, (ulong)bytes.Length)));
        return prefixed;
    }

    private static async ValueTask<byte[]> ReadPrefixedAsync(Stream stream, int maxBytes, CancellationToken cancellationToken) =>
        await DelimitedReader.ReadAsync(stream, maxBytes, "loopback header", cancellationToken).ConfigureAwait(false);
}
