using Whorl.P2P;
using Whorl.Testing;

namespace Whorl.Tests;

/// <summary>Nodes of a swarm that were seen are remembered, not too many and not too long.</summary>
public sealed class KnownPeersTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("whorl-");
    private readonly KnownPeersFile _file;

    public KnownPeersTests() => _file = new KnownPeersFile(Path.Combine(_folder.FullName, "swarms"), _clock);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Whoever_was_seen_last_comes_first_and_what_was_not_seen_for_a_month_is_forgotten()
    {
        PeerAddress[] entrance = [Peer(100)];
        _file.Add(entrance, [Peer(1), Peer(2)]);
        _clock.Advance(TimeSpan.FromDays(29));
        _file.Add(entrance, [Peer(3), Peer(2)]);
        AssertKnown([3, 2, 1], _file.Read(entrance));
        _clock.Advance(TimeSpan.FromDays(2));
        AssertKnown([3, 2], _file.Read(entrance));
        Assert.Equal(Peer(3).Addresses, _file.Read(entrance)[0].Addresses);
    }

    [Fact]
    public void No_more_than_a_few_are_remembered_and_no_more_than_a_few_swarms()
    {
        for (int swarm = 0; swarm < 40; swarm++)
        {
            for (int i = 0; i < 3; i++)
            {
                _file.Add([Peer(1000 + swarm)], [.. Enumerable.Range(i * 50, 50).Select(Peer)]);
                _clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        FileInfo[] files = new DirectoryInfo(Path.Combine(_folder.FullName, "swarms")).GetFiles();
        Assert.Equal(32, files.Length);
        Assert.All(files, file => Assert.InRange(file.Length, 1, KnownPeers.MostCharacters));
        AssertKnown([.. Enumerable.Range(100, 50), .. Enumerable.Range(50, 14)], _file.Read([Peer(1039)]));
    }

    [Fact]
    public void Nodes_of_one_swarm_are_not_taken_for_another_s()
    {
        PeerAddress there = new(null, Multiaddress.Parse("/ip4/10.0.0.1/tcp/31337"));
        _file.Add([Peer(100)], [Peer(1)]);
        _file.Add([there], [Peer(2)]);
        AssertKnown([1], _file.Read([Peer(100)]));
        AssertKnown([2], _file.Read([there]));
        Assert.Empty(_file.Read([Peer(101)]));
        AssertKnown([2, 1], _file.Read([there, Peer(100)]));
    }

    [Fact]
    public void Any_text_gives_what_can_be_read_of_it()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        string text = KnownPeers.Format(KnownPeers.Merge([], [Peer(1), Peer(2)], now));
        Random random = new(4);
        foreach (byte[] bytes in Fuzz.Mutations(System.Text.Encoding.UTF8.GetBytes(text), 3000, random))
        {
            Assert.InRange(KnownPeers.Parse(System.Text.Encoding.UTF8.GetString(bytes), now).Count, 0, KnownPeers.MostPeers);
        }

        Assert.Empty(KnownPeers.Parse(new string('1', KnownPeers.MostCharacters + 1), now));
        Assert.Empty(KnownPeers.Parse(text, now - TimeSpan.FromMinutes(1))); // of the future
        AssertKnown([1, 2], KnownPeers.Parse("x\n\n" + text + "7 /ip4/1.2.3.4/tcp/5\n", now).Select(known => known.Peer)); // the last has no id
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_as_good_as_none()
    {
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        KnownPeersFile none = new(Path.Combine(file, "swarms"), _clock);
        none.Add([Peer(100)], [Peer(1)]);
        Assert.Empty(none.Read([Peer(100)]));
    }

    private static PeerAddress Peer(int number)
    {
        byte[] key = new byte[32];
        BitConverter.TryWriteBytes(key, number);
        return new PeerAddress(PeerId.FromBytes([0x12, 0x20, .. key]), Multiaddress.Parse($"/ip4/10.0.{number / 200}.{number % 200}/tcp/4001"));
    }

    private static void AssertKnown(IEnumerable<int> expected, IEnumerable<PeerAddress> known) =>
        Assert.Equal(expected.Select(number => Peer(number).Id), known.Select(peer => peer.Id));
}
