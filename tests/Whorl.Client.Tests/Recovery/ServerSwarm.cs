using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Servers of <c>/whorl/span/1</c> over the in-memory transport, as a client that has their names sees them: each can be killed and started again.</summary>
internal sealed class ServerSwarm(TinyModel model) : IAsyncDisposable
{
    private readonly InMemoryNetwork _network = new();
    private readonly List<PeerId> _ids = [];
    private readonly List<BlockRange> _ranges = [];
    private readonly List<IAsyncDisposable> _servers = [];
    private IPeerHost? _client;

    public IPeerHost Client => _client ??= _network.AddHost();

    public int OpenStreams => _network.OpenStreams;

    /// <summary>Streams that servers have opened to each other.</summary>
    public int Links => _links;

    /// <summary>Whether what servers send each other is lost without a sign, once they have agreed on it.</summary>
    public bool LosesPushes { get; set; }

    private int _links;

    /// <summary>Adds a server, and gives it as the client knows it.</summary>
    public async Task<IBlockSpan> AddAsync(BlockRange range)
    {
        IPeerHost host = _network.AddHost();
        _ids.Add(host.Id);
        _ranges.Add(range);
        Serve(host, range);
        return await RemoteSpan.ConnectAsync(Client, new PeerAddress(host.Id), host.Id.ToString(), TimeProvider.System, CancellationToken.None);
    }

    /// <summary>Takes a server away as kill -9 would.</summary>
    public void Kill(int server) => _network.Kill(_ids[server]);

    /// <summary>Starts a server again, with the same identity and nothing of what it remembered.</summary>
    public void Restart(int server) => Serve(_network.AddHost(_ids[server]), _ranges[server]);

    /// <summary>Has a server leave, as a request to terminate does, and go.</summary>
    /// <param name="server">The server.</param>
    /// <param name="successors">Whom it knows of.</param>
    /// <param name="moves">Whether its link is fast enough to move sessions.</param>
    /// <returns>How many sessions it has moved, and how many were still open when it went.</returns>
    public async Task<(int Moved, int Left)> LeaveAsync(int server, int[] successors, bool moves = true)
    {
        (SpanServer spans, IPeerHost host) = _running[server];
        using CancellationTokenSource hurry = new();
        Task<(int Moved, int Left)> leaving = spans.LeaveAsync(
            host,
            (_, _) => Task.FromResult<IReadOnlyList<PeerId>>([.. successors.Select(other => _ids[other])]),
            moves ? new MoveCosts(1e12, 1) : new MoveCosts(1, 1e12),
            TimeSpan.FromSeconds(30),
            hurry.Token);
        if (successors.Length == 0 || !moves)
        {
            await spans.Told;
            return leaving.IsCompleted ? await leaving : (0, spans.Sessions); // it serves on until its time is over
        }

        (int, int) outcome = await leaving;
        await host.DisposeAsync();
        return outcome;
    }

    /// <summary>Breaks the streams that are open, and nothing else.</summary>
    public void Cut(int server) => _cuts[server]();

    private readonly Dictionary<int, Action> _cuts = [];
    private readonly Dictionary<int, (SpanServer Server, IPeerHost Host)> _running = [];

    private void Serve(IPeerHost host, BlockRange range)
    {
        SpanServer server = new(model.Hold(range), NullLogger.Instance);
        CuttingHost cutting = new(host, Linked);
        _cuts[_ids.IndexOf(host.Id)] = cutting.Cut;
        server.Listen(cutting);
        _running[_ids.IndexOf(host.Id)] = (server, host);
        _servers.Add(server);
        _servers.Add(host);
    }

    private IPeerHost Linked(IPeerHost host)
    {
        Interlocked.Increment(ref _links);
        StreamFaults faults = LosesPushes ? new StreamFaults { DropAfterBytes = FeedBytes } : StreamFaults.None;
        return new FaultInjectingHost(host, side => side.IsWriting ? faults : StreamFaults.None, TimeProvider.System);
    }

    /// <summary>A frame of Feed: two lengths, and 20 bytes.</summary>
    private const int FeedBytes = 8 + 20;

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }

        await Client.DisposeAsync();
    }

    /// <summary>Remembers the streams that it answers, to reset them.</summary>
    private sealed class CuttingHost(IPeerHost inner, Func<IPeerHost, IPeerHost> dialling) : IPeerHost
    {
        private readonly List<PeerStream> _streams = [];

        public PeerId Id => inner.Id;

        public IReadOnlyList<Multiaddress> ListenAddresses => inner.ListenAddresses;

        public void Cut()
        {
            lock (_streams)
            {
                _streams.ForEach(stream => stream.Reset());
                _streams.Clear();
            }
        }

        public ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken) =>
            dialling(inner).DialAsync(peer, protocolId, cancellationToken);

        public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) => inner.Handle(protocolId, (stream, token) =>
        {
            lock (_streams)
            {
                _streams.Add(stream);
            }

            return handler(stream, token);
        });

        public bool Unhandle(string protocolId) => inner.Unhandle(protocolId);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
