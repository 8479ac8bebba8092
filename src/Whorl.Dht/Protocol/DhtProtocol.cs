using Microsoft.Extensions.Logging;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;
using Whorl.P2P;
using Whorl.P2P.Rpc;

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

    private readonly Lock _gate = new(); // guards the routing table, the storage and the cache
    private readonly RpcClient _client;
    private readonly DhtOptions _options;
    private readonly BackgroundTasks _background;
    private readonly ILogger _logger;
    private readonly RoutingTable<PeerId> _table;
    private readonly DhtStorage _storage;
    private readonly DhtStorage _cache;

    public DhtProtocol(RpcClient client, DhtId id, DhtOptions options, BackgroundTasks background, ILogger logger)
    {
        (_client, Id, _options, _background, _logger) = (client, id, options, background, logger);
        _table = new RoutingTable<PeerId>(id, options.BucketSize, options.DepthModulo);
        _storage = new DhtStorage(() => Now);
        _cache = new DhtStorage(() => Now, DhtLimits.MaxCachedKeys);
    }

    public DhtId Id { get; }

    /// <summary>The time of records: seconds of unix time.</summary>
    public double Now => (_client.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

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
            (context, data, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Answer(StoreRequest.Parse(data.Span), context.Caller).ToBytes()),
            isQuick: true);
        server.HandleUnary(
            FindMethod,
            (context, data, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Answer(FindRequest.Parse(data.Span), context.Caller).ToBytes()),
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

    /// <summary>Asks a peer who it is.</summary>
    /// <returns>Its answer; null where it gave none.</returns>
    public async Task<PingResponse?> PingAsync(PeerAddress peer, bool validate, CancellationToken cancellationToken)
    {
        byte[]? answer =
            await CallAsync(peer, PingMethod, new PingRequest(Sender, validate).ToBytes(), cancellationToken).ConfigureAwait(false);
        return Read(answer, peer.Id, PingMethod, bytes => PingResponse.Parse(bytes), response => response.Sender);
    }

    /// <summary>Asks a peer to store.</summary>
    /// <returns>For each item whether it was taken; null where the peer gave no answer.</returns>
    public async Task<IReadOnlyList<bool>?> StoreAsync(PeerId peer, IReadOnlyList<StoreItem> items, CancellationToken cancellationToken)
    {
        byte[]? answer =
            await CallAsync(peer, StoreMethod, new StoreRequest(Sender, items).ToBytes(), cancellationToken).ConfigureAwait(false);
        StoreResponse? response = Read(answer, peer, StoreMethod, bytes => StoreResponse.Parse(bytes), response => response.Sender);
        return response?.Stored.Count == items.Count ? response.Stored : null;
    }

    /// <summary>Asks a peer for values and near nodes.</summary>
    /// <returns>A result for each key; null where the peer gave no answer.</returns>
    public async Task<IReadOnlyList<FindResult>?> FindAsync(PeerId peer, IReadOnlyList<DhtId> keys, CancellationToken cancellationToken)
    {
        byte[]? answer =
            await CallAsync(peer, FindMethod, new FindRequest(Sender, keys).ToBytes(), cancellationToken).ConfigureAwait(false);
        FindResponse? response = Read(answer, peer, FindMethod, bytes => FindResponse.Parse(bytes), response => response.Sender);
        return response?.Results.Count == keys.Count ? response.Results : null;
    }

    /// <summary>The valid value in a result, or null.</summary>
    public StoredValue? ReadValue(DhtId key, FindResult result, PeerId source)
    {
        if (result.Value is not { } bytes || double.IsNaN(result.Expiration))
        {
            return null;
        }

        try
        {
            StoredValue value = result.IsDictionary ? new(DictionaryValue.Parse(bytes.Span, () => Now)) : new(bytes);
            if (IsValid(key, value, result.Expiration))
            {
                return value;
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

    /// <summary>Answers rpc_store.</summary>
    public StoreResponse Answer(StoreRequest request, PeerId? caller)
    {
        NoteCaller(request.Sender, caller);
        lock (_gate)
        {
            return new StoreResponse(Sender, [.. request.Items.Select(Store)]);
        }
    }

    /// <summary>Answers rpc_find.</summary>
    public FindResponse Answer(FindRequest request, PeerId? caller)
    {
        NoteCaller(request.Sender, caller);
        // An answer that does not fit would be an error, and cost memory before it is one.
        long left = RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes - ((long)request.Keys.Count * ((_options.BucketSize * NeighbourBytes) + ResultBytes));
        HashSet<DhtId> answered = [];
        List<FindResult> results = [];
        lock (_gate)
        {
            foreach (DhtId key in request.Keys)
            {
                results.Add(Find(key, request.Sender, answered.Add(key) ? left : 0)); // a key asked for again has its value already
                left -= results[^1].Value?.Length ?? 0;
            }
        }

        return new FindResponse(Sender, results);
    }

    private bool Store(StoreItem item)
    {
        DhtStorage storage = item.InCache ? _cache : _storage;
        if (item.IsDictionary)
        {
            StoredValue value = new(DictionaryValue.Parse(item.Value.Span, () => Now));
            return IsValid(item.Key, value, item.Expiration) && storage.Store(item.Key, value, item.Expiration);
        }

        if (_options.Validator?.Validate(new DhtRecord(item.Key.ToBytes(), item.Tag, item.Value, item.Expiration)) == false)
        {
            return false;
        }

        // A copy: the message it is part of may be much larger.
        ReadOnlyMemory<byte> content = item.Value.ToArray();
        return item.IsPlain
            ? storage.Store(item.Key, content, item.Expiration)
            : storage.Store(item.Key, DhtSubkey.Parse(item.Tag.Span), content, item.Expiration);
    }

    /// <param name="key">What is asked for.</param>
    /// <param name="asker">A node not to be named.</param>
    /// <param name="maxBytes">A longer value is left out: others may have it, and its keys' neighbours lead there.</param>
    private FindResult Find(DhtId key, DhtId? asker, long maxBytes)
    {
        bool found = _storage.TryGet(key, out StoredValue value, out double expiration);
        if (_cache.TryGet(key, out StoredValue cached, out double cachedExpiration) && (!found || cachedExpiration > expiration))
        {
            (found, value, expiration) = (true, cached, cachedExpiration);
        }

        found = found && (value.Dictionary?.Bytes ?? value.Plain.Length) <= maxBytes;
        return new FindResult(
            found ? value.ToBytes() : default(ReadOnlyMemory<byte>?),
            found && value.Dictionary is not null,
            found ? expiration : 0,
            _table.Nearest(key, _options.BucketSize, asker));
    }

    private async Task<byte[]?> CallAsync(PeerAddress peer, string method, byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.CallAsync(peer, method, request, _options.RpcTimeout, cancellationToken).ConfigureAwait(false)).ToArray();
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireFormatException)
        {
            NoteSilence(peer.Id, method, e.Message);
            return null;
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

        List<StoreItem> records = [];
        PeerId? toPing;
        bool mustPing;
        lock (_gate)
        {
            if (!_table.Contains(node, peer) && !_options.ClientMode)
            {
                records = RecordsFor(node);
            }

            mustPing = _table.AddOrUpdate(node, peer, out toPing);
        }

        if (mustPing && toPing is not null)
        {
            _background.Run(token => PingAsync(toPing, validate: false, token));
        }

        if (records.Count > 0)
        {
            _background.Run(token => SendAsync(peer, records, token));
        }
    }

    /// <summary>
    /// The records that a new node should hold and that are this node's to hand on: the new one is nearer to the key than the farthest of
    /// its holders, and this one is the nearest of them.
    /// </summary>
    private List<StoreItem> RecordsFor(DhtId node)
    {
        List<StoreItem> records = [];
        foreach ((DhtId key, StoredValue value, double expiration) in _storage.Records)
        {
            List<(DhtId Id, PeerId Peer)> holders = _table.Nearest(key, _options.Replicas);
            bool isNews = holders.Count == 0
                || (node.DistanceTo(key) < holders[^1].Id.DistanceTo(key) && Id.DistanceTo(key) < holders[0].Id.DistanceTo(key));
            if (isNews)
            {
                ReadOnlyMemory<byte> tag = value.Dictionary is null ? StoreItem.PlainTag : default(ReadOnlyMemory<byte>);
                records.Add(new StoreItem(key, tag, value.ToBytes(), expiration, InCache: false));
            }
        }

        return records;
    }

    private async Task SendAsync(PeerId peer, List<StoreItem> records, CancellationToken cancellationToken)
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
                return;
            }

            at = end;
        }
    }
}
