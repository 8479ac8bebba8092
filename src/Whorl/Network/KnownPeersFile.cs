using System.Security.Cryptography;
using System.Text;
using Whorl.P2P;

namespace Whorl;

/// <summary>
/// Files with the nodes of swarms that this user has joined: one for each node through which a swarm was joined, so that no swarm's nodes are taken for another's.
/// </summary>
/// <param name="folder">Where they lie; it need not exist.</param>
/// <param name="time">The clock.</param>
internal sealed class KnownPeersFile(string folder, TimeProvider time)
{
    private const int MostFiles = 32;
    private const string Pattern = "*.peers";

    /// <summary>Nodes that were seen in the swarm of some nodes, the latest first.</summary>
    public IReadOnlyList<PeerAddress> Read(IReadOnlyList<PeerAddress> entrances)
    {
        DateTimeOffset now = time.GetUtcNow();
        return [.. KnownPeers.Merge(entrances.SelectMany(entrance => Read(PathOf(entrance), now)), [], now).Select(known => known.Peer)];
    }

    /// <summary>Remembers nodes of the swarm of some nodes; what cannot be written is not.</summary>
    public void Add(IReadOnlyList<PeerAddress> entrances, IReadOnlyCollection<PeerAddress> seen)
    {
        if (seen.Count == 0)
        {
            return;
        }

        DateTimeOffset now = time.GetUtcNow();
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string path in entrances.Select(PathOf).Distinct())
            {
                string text = KnownPeers.Format(KnownPeers.Merge(Read(path, now), seen, now)), part = $"{path}.{Environment.ProcessId}.part";
                File.WriteAllText(part, text);
                File.Move(part, path, overwrite: true); // whole or not at all, whoever else writes
            }

            foreach (FileInfo old in new DirectoryInfo(folder).GetFiles(Pattern).OrderByDescending(file => file.LastWriteTimeUtc).Skip(MostFiles))
            {
                old.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be written is as good as none: the nodes that are named will do.
        }
    }

    private static IReadOnlyList<(DateTimeOffset Seen, PeerAddress Peer)> Read(string path, DateTimeOffset now)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= KnownPeers.MostCharacters } ? KnownPeers.Parse(File.ReadAllText(path), now) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private string PathOf(PeerAddress entrance)
    {
        string name = entrance.Id?.ToString() ?? string.Join(' ', entrance.Addresses);
        return Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32] + ".peers");
    }
}
