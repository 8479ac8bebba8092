using Microsoft.Extensions.Logging;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Dht.Protocol;

/// <summary>
/// The three remote calls of hivemind's DHT, both sides, with the state they work on: routing table, storage and cache. Every call, in
/// either direction, teaches the routing table who is there (protocol.py).
/// </summary>
internal sealed class DhtProtocol
{
    public const string PingMethod = "DHTProtocol.rpc_ping";
    public const string StoreMethod = "DHTProtocol.rpc_store";
    public const string FindMethod = "DHTProtocol.rpc_find";

    /// <summary>The most bytes of values in one request of ours, well below what a unary call carries.</summary>
    private const int MaxRequestBytes = 2 << 20;

    /// <summary>The most bytes that one neighbour, and one result without its value and neighbours, take in an answer to rpc_find.</summary>
    private const int NeighbourBytes = DhtId.Bytes + PeerId.MaxBytes + 4, ResultBytes = 96;

    /// <summary>So many new nodes at once are given what they should hold, each peer once in this time; and so many keys are looked through at a time.</summary>
    private const int MaxWelcomes = 4, WelcomePage = 1024;

    private static readonly TimeSpan WelcomeInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // guards the routing table, the storage and the cache
    private readonly RpcClient _client;
    private readonly DhtOptions _options;
    private readonly BackgroundTasks _background;
    private readonly ILogger _logger;
    private readonly RoutingTable<PeerId> _table;
    private readonly DhtStorage _storage;
    private readonly DhtStorage _cache;
    private readonly SwarmClock _clock;
    private readonly Quotas _quotas;
    private readonly Allowance<PeerId> _welcomes;
    private int _welcoming;

    public DhtProtocol(RpcClient client, DhtId id, DhtOptions options, BackgroundTasks background, ILogger logger)
    {
        (_client, Id, _options, _background, _logger) = (client, id, options, background, logger);
        _clock = new SwarmClock(client.Time, options.MaxClockDifference);
        _quotas = new Quotas(client.Time);
        _welcomes = new Allowance<PeerId>(1, 1 / WelcomeInterval.TotalSeconds, client.Time);
        _table = new RoutingTable<PeerId>(id, options.BucketSize, options.DepthModulo);
        _storage = new DhtStorage(() => Now);
        _cache = new DhtStorage(() => Now, DhtLimits.MaxCachedKeys);
    }

    public DhtId Id { get; }

    /// <summary>The time of records: seconds of unix time.</summary>
    public double Now => _clock.Now;

    /// <summary>Peers that the user has named: what they say of the time is believed.</summary>
    public HashSet<PeerId> Trusted { get; } = [];

    /// <summary>Told of every node that comes into the table, also of one that is back under another id.</summary>
    public event Action<DhtId, PeerId>? Appeared;

    /// <summary>What this node says of itself.</summary>
    private DhtId? Sender => _options.ClientMode ? null : Id;

    /// <summary>Begins to answer; not for clients.</summary>
    public void Serve(RpcServer server)
    {
        server.HandleUnary(
            PingMethod,
            async (context, data, token) => (await AnswerAsync(PingRequest.Parse(data.Span), context, token).ConfigureAwait(false)).ToBytes(),
            isQuick: true);
        server.HandleUnary(
            StoreMethod,
            (context, data, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Answer(StoreRequest.Parse(data.Span), context).ToBytes()),
            isQuick: true);
        server.HandleUnary(
            FindMethod,
            (context, data, _) =>
            {
                FindRequest request = FindRequest.Parse(data.Span);
                _quotas.Ask(context, request);
                return ValueTask.FromResult<ReadOnlyMemory<byte>>(Answer(request, context.Caller).ToBytes());
            },
            isQuick: true);
    }

    /// <summary>Ends answering.</summary>
    public static void Unserve(RpcServer server)
    {
        server.Unhandle(PingMethod);
        server.Unhandle(StoreMethod);
        server.Unhandle(FindMethod);
    }

    /// <summary>Runs something on the state, alone.</summary>
    public T Locked<T>(Func<RoutingTable<PeerId>, DhtStorage, DhtStorage, T> work)
    {
        lock (_gate)
        {
            return work(_table, _storage, _cache);
        }
    }

    /// <summary>Asks a peer who it is, and notes what it says of the time.</summary>
    /// <returns>Its answer; null where it gave none.</returns>
    public async Task<PingResponse?> PingAsync(PeerAddress peer, bool validate, CancellationToken cancellationToken) =>
        (await TryPingAsync(peer, validate, _options.RpcTimeout, cancellationToken).ConfigureAwait(false)).Answer;

    /// <summary>Asks a peer who it is.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="validate">Whether it is to call back.</param>
    /// <param name="timeout">How long it may take, dialling included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its answer; null where it gave none, and why not.</returns>
    public async Task<(PingResponse? Answer, string Reason)> TryPingAsync(
        PeerAddress peer, bool validate, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long sent = _client.Time.GetTimestamp();
        (byte[]? bytes, string reason) =
            await CallAsync(peer, PingMethod, new PingRequest(Sender, validate).ToBytes(), timeout, cancellationToken).ConfigureAwait(false);
        TimeSpan roundTrip = _client.Time.GetElapsedTime(sent);
        PingResponse? answer = Read(bytes, peer.Id, PingMethod, data => PingResponse.Parse(data), response => response.Sender);
        if (answer is { Time: > 0 } && !validate && roundTrip < _options.MaxClockDifference && _clock.Notice(peer.Id!, answer.Time, roundTrip, Trusted.Contains(peer.Id!)))
        {
            Log.ClockCorrected(_logger, peer.Id);
        }

        return (answer, answer is null && bytes is not null ? "what it answered is no answer to a ping" : reason);
    }

    /// <summary>Asks a peer to store.</summary>
    /// <returns>For each item whether it was taken; null where the peer gave no answer.</returns>
    public async Task<IReadOnlyList<bool>?> StoreAsync(PeerId peer, IReadOnlyList<StoreItem> items, CancellationToken cancellationToken)
    {
        byte[]? answer = await CallAsync(peer, StoreMethod, new StoreRequest(Sender, items).ToBytes(), cancellationToken).ConfigureAwait(false);
        StoreResponse? response = Read(answer, peer, StoreMethod, bytes => StoreResponse.Parse(bytes), response => response.Sender);
        return response?.Stored.Count == items.Count ? response.Stored : null;
    }

    /// <summary>Asks a peer for values and near nodes.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="keys">What for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="asClient">Whether to say nothing of this node, so that the peer does not note it.</param>
    /// <returns>A result for each key; null where the peer gave no answer.</returns>
    public async Task<IReadOnlyList<FindResult>?> FindAsync(
        PeerId peer, IReadOnlyList<DhtId> keys, CancellationToken cancellationToken, bool asClient = false)
    {
        byte[]? answer = await CallAsync(peer, FindMethod, new FindRequest(asClient ? null : Sender, keys).ToBytes(), cancellationToken).ConfigureAwait(false);
        FindResponse? response = Read(answer, peer, FindMethod, bytes => FindResponse.Parse(bytes), response => response.Sender);
        return response?.Results.Count == keys.Count ? response.Results : null;
    }

    /// <summary>The valid value in a result and until when it is believed; null where there is none.</summary>
    public (StoredValue Value, double Expiration)? ReadValue(DhtId key, FindResult result, PeerId source)
    {
        if (result.Value is not { } bytes)
        {
            return null;
        }

        try
        {
            double now = Now;
            StoredValue value = result.IsDictionary ? new(DictionaryValue.Parse(key, bytes.Span, () => Now)) : new(bytes);
            if (Expirations.TryClamp(result.Expiration, now, out double expiration) && IsValid(key, value, result.Expiration))
            {
                // A dictionary lasts as long as what is in it, whatever else is said of it.
                double latest = value.Dictionary is null ? expiration : value.Dictionary.Items.Values.Select(item => item.Expiration).DefaultIfEmpty(expiration).Max();
                return (value, Math.Min(latest, expiration));
            }
        }
        catch (WireFormatException)
        {
            // Logged below like any other value that cannot be believed.
        }

        Log.InvalidValue(_logger, source);
        return null;
    }

    /// <summary>Whether the validator takes a plain value, or every item of a dictionary.</summary>
    public bool IsValid(DhtId key, StoredValue value, double expiration)
    {
        if (_options.Validator is not { } validator)
        {
            return true;
        }

        byte[] keyBytes = key.ToBytes();
        return value.Dictionary is null
            ? validator.Validate(new DhtRecord(keyBytes, StoreItem.PlainTag, value.Plain, expiration))
            : value.Dictionary.Items.All(
                item => validator.Validate(new DhtRecord(keyBytes, item.Key.Packed, item.Value.Value, item.Value.Expiration)));
    }

    /// <summary>Answers rpc_ping.</summary>
    public async Task<PingResponse> AnswerAsync(PingRequest request, RpcContext context, CancellationToken cancellationToken)
    {
        bool available = false;
        if (request.Sender is { } sender && context.Caller is { } caller)
        {
            if (request.Validate)
            {
                available = (await PingAsync(caller, validate: false, cancellationToken).ConfigureAwait(false))?.Sender == sender;
            }

            if (available || !request.Validate)
            {
                NoteAnswer(sender, caller);
            }
        }

        return new PingResponse(Sender, Now, available);
    }

    /// <summary>Answers rpc_store, within the caller's quota; null for this node itself, which has none.</summary>
    public StoreResponse Answer(StoreRequest request, RpcContext? caller)
    {
        NoteCaller(request.Sender, caller?.Caller);
        return new StoreResponse(Sender, [.. request.Items.Select(item => Store(item, caller))]);
    }

    /// <summary>Answers rpc_find.</summary>
    public FindResponse Answer(FindRequest request, PeerId? caller)
    {
        NoteCaller(request.Sender, caller);
        // An answer that does not fit would be an error, and cost memory before it is one.
        long left = RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes - ((long)request.Keys.Count * ((_options.BucketSize * NeighbourBytes) + ResultBytes));
        HashSet<DhtId> answered = [];
        List<FindResult> results = [];
        IReadOnlyList<(DhtId Id, PeerId Peer)> nodes = Nodes;
        foreach (DhtId key in request.Keys)
        {
            results.Add(Find(key, request.Sender, answered.Add(key) ? left : 0, nodes)); // a key asked for again has its value already
            left -= results[^1].Value?.Length ?? 0;
        }

        return new FindResponse(Sender, results);
    }

    /// <summary>The nodes in the table, as they are now.</summary>
    private IReadOnlyList<(DhtId Id, PeerId Peer)> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _table.Nodes];
            }
        }
    }

    private static IReadOnlyList<(DhtId Id, PeerId Peer)> Nearest(IReadOnlyList<(DhtId Id, PeerId Peer)> nodes, DhtId key, int count, DhtId? but) =>
        [.. nodes.Where(node => node.Id != but).OrderBy(node => node.Id.DistanceTo(key)).Take(count)];

    /// <param name="item">What to store.</param>
    /// <param name="caller">Who asks; null for this node itself, which has no quota.</param>
    private bool Store(StoreItem item, RpcContext? caller)
    {
        DhtStorage storage = item.InCache ? _cache : _storage;
        double now = Now;
        if (!Expirations.TryClamp(item.Expiration, now, out double expiration))
        {
            return false;
        }

        if (item.IsDictionary)
        {
            StoredValue value = new(DictionaryValue.Parse(item.Key, item.Value.Span, () => Now));
            return IsValid(item.Key, value, item.Expiration)
                && IsWithinQuota(value.Dictionary!.Count)
                && Locked(() => storage.Store(item.Key, value, expiration));
        }

        if (_options.Validator?.Validate(new DhtRecord(item.Key.ToBytes(), item.Tag, item.Value, item.Expiration)) == false || !IsWithinQuota(1))
        {
            return false;
        }

        // A copy: the message it is part of may be much larger.
        ReadOnlyMemory<byte> content = item.Value.ToArray();
        if (item.IsPlain)
        {
            return Locked(() => storage.Store(item.Key, content, expiration));
        }

        DhtSubkey subkey = DhtSubkey.Parse(item.Tag.Span);
        RecordRank rank = AnnouncementSignature.RankOf(item.Key, subkey, content);
        if (rank == RecordRank.Hearsay && subkey.Text is { } name && name == (caller is null ? _client.Id : caller.Caller)?.ToString())
        {
            rank = RecordRank.Direct;
        }

        return Locked(() => storage.Store(item.Key, subkey, content, expiration, rank));

        bool IsWithinQuota(int records) => caller is null || _quotas.MayStore(caller, Math.Max(records, 1), item.Value.Length + item.Tag.Length, expiration - now);
    }

    private bool Locked(Func<bool> work)
    {
        lock (_gate)
        {
            return work();
        }
    }

    /// <param name="key">What is asked for.</param>
    /// <param name="asker">A node not to be named.</param>
    /// <param name="maxBytes">A longer value is left out: others may have it, and its keys' neighbours lead there.</param>
    /// <param name="nodes">The nodes to choose the nearest from.</param>
    private FindResult Find(DhtId key, DhtId? asker, long maxBytes, IReadOnlyList<(DhtId Id, PeerId Peer)> nodes)
    {
        ReadOnlyMemory<byte>? bytes = null;
        bool isDictionary = false;
        double expiration;
        lock (_gate)
        {
            bool found = _storage.TryGet(key, out StoredValue value, out expiration);
            if (_cache.TryGet(key, out StoredValue cached, out double cachedExpiration) && (!found || IsBetter(cached, cachedExpiration, value, expiration)))
            {
                (found, value, expiration) = (true, cached, cachedExpiration);
            }

            if (found && (value.Dictionary?.Bytes ?? value.Plain.Length) <= maxBytes)
            {
                (bytes, isDictionary) = (value.ToBytes(), value.Dictionary is not null);
            }
        }

        return new FindResult(bytes, isDictionary, bytes is null ? 0 : expiration, Nearest(nodes, key, _options.BucketSize, asker));
    }

    private static bool IsBetter(StoredValue value, double expiration, StoredValue than, double thanExpiration) =>
        (value.Dictionary is null) == (than.Dictionary is null) ? expiration > thanExpiration : value.Dictionary is not null;

    private async Task<byte[]?> CallAsync(PeerAddress peer, string method, byte[] request, CancellationToken cancellationToken) =>
        (await CallAsync(peer, method, request, _options.RpcTimeout, cancellationToken).ConfigureAwait(false)).Answer;

    private async Task<(byte[]? Answer, string Reason)> CallAsync(
        PeerAddress peer, string method, byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return ((await _client.CallAsync(peer, method, request, timeout, cancellationToken).ConfigureAwait(false)).ToArray(), "");
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireFormatException)
        {
            NoteSilence(peer.Id, method, e.Message);
            return (null, e.Message);
        }
    }

    private T? Read<T>(byte[]? answer, PeerId? peer, string method, Func<byte[], T> parse, Func<T, DhtId?> sender)
        where T : class
    {
        if (answer is null || peer is null)
        {
            return null;
        }

        try
        {
            T response = parse(answer);
            NoteCaller(sender(response), peer);
            return response;
        }
        catch (WireFormatException e)
        {
            NoteSilence(peer, method, e.Message);
            return null;
        }
    }

    private void NoteSilence(PeerId? peer, string method, string reason)
    {
        Log.CallFailed(_logger, method, peer, reason);
        if (peer is not null)
        {
            lock (_gate)
            {
                _table.Remove(peer);
            }
        }
    }

    private void NoteCaller(DhtId? node, PeerId? peer)
    {
        if (node is { } known && peer is not null)
        {
            NoteAnswer(known, peer);
        }
    }

    /// <summary>A node was heard from: it goes into the routing table, and gets the records that it should hold if it is new.</summary>
    private void NoteAnswer(DhtId node, PeerId peer)
    {
        if (node == Id || peer == _client.Id)
        {
            return;
        }

        PeerId? toPing;
        bool mustPing;
        bool isNew;
        lock (_gate)
        {
            isNew = !_table.Contains(node, peer);
            mustPing = _table.AddOrUpdate(node, peer, out toPing);
        }

        if (mustPing && toPing is not null)
        {
            _background.Run(token => PingAsync(toPing, validate: false, token));
        }

        if (isNew)
        {
            Appeared?.Invoke(node, peer);
            if (!_options.ClientMode && HasRecords && _welcomes.TryTake(peer, 1))
            {
                _background.Run(token => WelcomeAsync(node, peer, token));
            }
        }
    }

    private bool HasRecords => Locked(() => _storage.Count > 0);

    /// <summary>
    /// Gives a new node the records that it should hold and that are this node's to hand on: the new one is nearer to the key than the farthest of
    /// its holders, and this one is the nearest of them. Page by page, so that nobody waits for it.
    /// </summary>
    private async Task WelcomeAsync(DhtId node, PeerId peer, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _welcoming) > MaxWelcomes)
            {
                return; // its owners will store their records at it anyway
            }

            IReadOnlyList<(DhtId Id, PeerId Peer)> others = [.. Nodes.Where(known => known.Id != node)];
            foreach (DhtId[] page in KeysNow().Chunk(WelcomePage))
            {
                List<StoreItem> records = [.. page.Where(key => IsFor(node, key, others)).Select(RecordOf).OfType<StoreItem>()];
                if (!await SendAsync(peer, records, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _welcoming);
        }
    }

    private IReadOnlyList<DhtId> KeysNow()
    {
        lock (_gate)
        {
            return _storage.Keys;
        }
    }

    private bool IsFor(DhtId node, DhtId key, IReadOnlyList<(DhtId Id, PeerId Peer)> others)
    {
        IReadOnlyList<(DhtId Id, PeerId Peer)> holders = Nearest(others, key, _options.Replicas, but: null);
        return holders.Count == 0 || (node.DistanceTo(key) < holders[^1].Id.DistanceTo(key) && Id.DistanceTo(key) < holders[0].Id.DistanceTo(key));
    }

    private StoreItem? RecordOf(DhtId key)
    {
        lock (_gate)
        {
            return _storage.TryGet(key, out StoredValue value, out double expiration)
                ? new StoreItem(key, value.Dictionary is null ? StoreItem.PlainTag : default(ReadOnlyMemory<byte>), value.ToBytes(), expiration, InCache: false)
                : null;
        }
    }

    private async Task<bool> SendAsync(PeerId peer, List<StoreItem> records, CancellationToken cancellationToken)
    {
        for (int at = 0; at < records.Count;)
        {
            int end = at + 1;
            for (long bytes = records[at].Value.Length; end < records.Count && end - at < DhtLimits.MaxKeys; end++)
            {
                bytes += records[end].Value.Length;
                if (bytes > MaxRequestBytes)
                {
                    break;
                }
            }

            if (await StoreAsync(peer, records[at..end], cancellationToken).ConfigureAwait(false) is null)
            {
                return false;
            }

            at = end;
        }

        return true;
    }
}
