using System.Globalization;
using Whorl.P2P;

namespace Whorl;

/// <summary>Nodes of a swarm that were seen, as a text: a line each, when (seconds of unix time) and where (<c>/ip4/…/p2p/ID</c>), the latest first.</summary>
internal static class KnownPeers
{
    /// <summary>The most nodes that are remembered.</summary>
    public const int MostPeers = 64;

    /// <summary>The most characters of a text that is read.</summary>
    public const int MostCharacters = 64 << 10;

    private const int MostAddresses = 4; // of a node
    private const int MostAddressLength = 256;

    /// <summary>Who has not been seen for so long is forgotten.</summary>
    public static TimeSpan MostAge { get; } = TimeSpan.FromDays(30);

    /// <summary>Adds who is seen now; who was seen last longest ago is forgotten where there are too many.</summary>
    public static IReadOnlyList<(DateTimeOffset Seen, PeerAddress Peer)> Merge(
        IEnumerable<(DateTimeOffset Seen, PeerAddress Peer)> before, IEnumerable<PeerAddress> seen, DateTimeOffset now) =>
    [
        .. seen.Where(peer => peer.Id is not null && peer.Addresses.Count > 0).Select(peer => (now, peer))
            .Concat(before.Where(known => now - known.Seen <= MostAge && known.Seen <= now).OrderByDescending(known => known.Seen))
            .DistinctBy(known => known.Item2.Id)
            .Take(MostPeers),
    ];

    /// <summary>Their text.</summary>
    public static string Format(IEnumerable<(DateTimeOffset Seen, PeerAddress Peer)> peers) => string.Concat(peers.Select(known => string.Create(
        CultureInfo.InvariantCulture,
        $"{known.Seen.ToUnixTimeSeconds()} {string.Join(' ', known.Peer.Addresses.Take(MostAddresses).Select(address => address.WithPeer(known.Peer.Id!)))}\n")));

    /// <summary>Reads a text; lines that are none, too old, or of the future are passed over.</summary>
    public static IReadOnlyList<(DateTimeOffset Seen, PeerAddress Peer)> Parse(string text, DateTimeOffset now)
    {
        List<(DateTimeOffset Seen, PeerAddress Peer)> known = [];
        foreach (string line in text.Length <= MostCharacters ? text.Split('\n') : [])
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length is < 2 or > 1 + MostAddresses
                || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds > now.ToUnixTimeSeconds())
            {
                continue;
            }

            PeerAddress?[] where = [.. words.Skip(1).Select(Read)];
            if (where.All(address => address?.Id is not null && address.Id.Equals(where[0]!.Id)))
            {
                known.Add((DateTimeOffset.FromUnixTimeSeconds(seconds), new PeerAddress(where[0]!.Id!, [.. where.SelectMany(address => address!.Addresses)])));
            }
        }

        return Merge(known, [], now);
    }

    private static PeerAddress? Read(string text)
    {
        try
        {
            return text.Length <= MostAddressLength ? Addresses.ParsePeer(text) : null;
        }
        catch (WhorlException)
        {
            return null;
        }
    }
}
