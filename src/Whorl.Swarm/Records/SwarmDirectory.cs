using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Dht;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Messages;

namespace Whorl.Swarm;

/// <summary>
/// Who serves which blocks of which models, as Petals keeps it in the DHT: under <c>prefix.block</c> a dictionary from server to
/// <see cref="ServerInfo"/>, under <c>_petals.models</c> one from prefix to <see cref="ModelInfo"/>.
/// </summary>
/// <param name="node">Stores and finds.</param>
/// <param name="logger">Where malformed records are told; null for nowhere.</param>
public sealed class SwarmDirectory(DhtNode node, ILogger? logger = null)
{
    /// <summary>The key of the directory of models.</summary>
    public const string ModelsKey = "_petals.models";

    private const double Instant = 0.001; // seconds; what is stored again must expire later

    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly Lock _gate = new();
    private long _lastNumber; // of a signed announcement; guarded by _gate, as is the next
    private double _lastExpiration;

    /// <summary>
    /// Announces this node's host as a server of some blocks, signed where the host has a key; to be renewed before it expires. Where somebody has stored
    /// something that holds longer in this server's name, the announcement is made to hold longer than that.
    /// </summary>
    /// <param name="prefix">The model's prefix, without '.' and ' '.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="info">What it says of itself, the same under each block; that it is offline holds just as long as what it takes back.</param>
    /// <param name="expiration">Seconds of unix time. Petals takes now and twice the period of renewal.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether each block's record was taken by some node.</returns>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public async Task<bool> DeclareServerAsync(
        string prefix, IEnumerable<int> blocks, ServerInfo info, double expiration, CancellationToken cancellationToken)
    {
        CheckPrefix(prefix);
        DhtId[] keys = [.. blocks.Select(block => DhtId.OfKey(new ModuleUid(prefix, block).ToString()))];
        DhtSubkey server = DhtSubkey.OfText(node.PeerId.ToString());
        lock (_gate)
        {
            expiration = info.State == ServerState.Offline && _lastExpiration > node.Now ? _lastExpiration + Instant : expiration;
        }

        (bool isTaken, bool isRefused) = await AnnounceAsync(prefix, keys, server, info, 0, expiration, cancellationToken).ConfigureAwait(false);
        if (!isRefused)
        {
            return isTaken;
        }

        IReadOnlyDictionary<DhtId, DhtValue> found = await node.GetManyAsync(keys, latest: true, cancellationToken).ConfigureAwait(false);
        double latest = 0;
        long number = 0;
        foreach (DhtValue value in found.Values)
        {
            if (value.Items?.TryGetValue(server, out DhtItem item) == true)
            {
                latest = Math.Max(latest, item.Expiration);
                number = Math.Max(number, keys.Max(key => AnnouncementSignature.RankOf(key, server, item.Value).Level));
            }
        }

        if (latest < expiration && number == 0)
        {
            return isTaken; // there was no room, say
        }

        double longer = Math.Min(Math.Max(latest + 1, expiration), node.Now + DhtLimits.MaxLifetime.TotalSeconds);
        (bool isTakenNow, _) = await AnnounceAsync(prefix, keys, server, info, number, longer, cancellationToken).ConfigureAwait(false);
        return isTaken || isTakenNow;
    }

    /// <summary>Finds the servers of some blocks.</summary>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="latest">Whether all holders of the records are asked, as Petals' clients and servers do; else the first answer will
    /// do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>For each block its servers, in the order of <paramref name="blocks"/>. Malformed announcements are left out.</returns>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public async Task<IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>>> FindServersAsync(
        string prefix, IReadOnlyList<int> blocks, bool latest, CancellationToken cancellationToken)
    {
        CheckPrefix(prefix);
        return await FindAsync(prefix, blocks, latest, item => ServerInfo.Parse(item.Value.Span), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the announcements of a model's servers, each server's latest.</summary>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="blocks">The blocks looked up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public async Task<IReadOnlyDictionary<PeerId, ServerAnnouncement>> FindAnnouncementsAsync(
        string prefix, IReadOnlyList<int> blocks, CancellationToken cancellationToken)
    {
        CheckPrefix(prefix);
        Dictionary<PeerId, ServerAnnouncement> latest = [];
        foreach ((PeerId peer, ServerAnnouncement announcement) in (await FindAsync(
            prefix, blocks, latest: true, item => new ServerAnnouncement(ServerInfo.Parse(item.Value.Span), item.Expiration), cancellationToken)
            .ConfigureAwait(false)).SelectMany(block => block))
        {
            if (!latest.TryGetValue(peer, out ServerAnnouncement? known) || known.Expiration < announcement.Expiration)
            {
                latest[peer] = announcement;
            }
        }

        return latest;
    }

    /// <summary>Announces a model, unless its prefix begins with '_' and so is private; to be renewed before it expires.</summary>
    /// <returns>Whether the record was taken by some node; false for a private prefix.</returns>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public async Task<bool> DeclareModelAsync(string prefix, ModelInfo info, double expiration, CancellationToken cancellationToken)
    {
        CheckPrefix(prefix);
        return !prefix.StartsWith('_')
            && await node.StoreAsync(
                ModelsKey, info.ToBytes(), expiration, DhtSubkey.OfText(prefix), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the models that were announced, by prefix. Malformed announcements are left out.</summary>
    public async Task<IReadOnlyDictionary<string, ModelInfo>> FindModelsAsync(CancellationToken cancellationToken)
    {
        DhtValue? found = await node.GetAsync(ModelsKey, latest: true, cancellationToken).ConfigureAwait(false);
        return ReadItems(ModelsKey, found, subkey => subkey.Text is { } prefix && PeerText.IsClean(prefix) ? prefix : null, item => ModelInfo.Parse(item.Value.Span));
    }

    private async Task<(bool IsTaken, bool IsRefused)> AnnounceAsync(
        string prefix, DhtId[] keys, DhtSubkey server, ServerInfo info, long above, double expiration, CancellationToken cancellationToken)
    {
        long number;
        lock (_gate)
        {
            number = _lastNumber = Math.Max((long)(node.Now * 1000), Math.Max(_lastNumber, above) + 1);
            _lastExpiration = Math.Max(_lastExpiration, expiration);
        }

        byte[] value = AnnouncementSignature.Add(info.ToBytes(), node.PeerId, prefix, number, expiration, node.Sign);
        IReadOnlyList<(int Taken, int Refused)> outcomes = await node.StoreAllAsync(
            [.. keys.Select(key => new DhtEntry(key, value, expiration, server))], cancellationToken).ConfigureAwait(false);
        return (outcomes.All(outcome => outcome.Taken > 0), outcomes.Any(outcome => outcome.Refused > 0));
    }

    private static PeerId? ReadPeer(DhtSubkey subkey) => PeerId.TryParse(subkey.Text, out PeerId? peer) ? peer : null;

    private static void CheckPrefix(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        if (prefix.AsSpan().ContainsAny('.', ' '))
        {
            throw new ArgumentException($"'{prefix}' is not a model's prefix: it must not contain '.' or ' '", nameof(prefix));
        }
    }

    private async Task<IReadOnlyList<IReadOnlyDictionary<PeerId, T>>> FindAsync<T>(
        string prefix, IReadOnlyList<int> blocks, bool latest, Func<DhtItem, T> read, CancellationToken cancellationToken)
    {
        string[] uids = [.. blocks.Select(block => new ModuleUid(prefix, block).ToString())];
        IReadOnlyDictionary<DhtId, DhtValue> found =
            await node.GetManyAsync([.. uids.Select(DhtId.OfKey)], latest, cancellationToken).ConfigureAwait(false);
        return [.. uids.Select(uid => ReadItems(uid, found.GetValueOrDefault(DhtId.OfKey(uid)), ReadPeer, read))];
    }

    private Dictionary<TKey, T> ReadItems<TKey, T>(
        string key, DhtValue? found, Func<DhtSubkey, TKey?> readKey, Func<DhtItem, T> read)
        where TKey : class
    {
        Dictionary<TKey, T> items = [];
        foreach ((DhtSubkey subkey, DhtItem item) in found?.Items ?? new Dictionary<DhtSubkey, DhtItem>())
        {
            try
            {
                TKey name = readKey(subkey) ?? throw new WireFormatException("the subkey is of the wrong kind");
                items[name] = read(item);
            }
            catch (WireFormatException e)
            {
                Log.MalformedRecord(_logger, key, subkey.ToString(), e.Message);
            }
        }

        return items;
    }
}
