using System.Numerics;
using System.Security.Cryptography;
using Whorl.P2P.Protocols.Kad;

namespace Whorl.P2P.Tests.Protocols;

public sealed class KadTableTests
{
    private static readonly PeerId Self = Peer(0);

    [Fact]
    public void The_nearest_are_those_of_least_xor_distance()
    {
        KadRoutingTable table = new(Self);
        PeerId[] peers = [.. Enumerable.Range(1, 60).Select(Peer)];
        foreach (PeerId peer in peers)
        {
            table.Add(peer);
        }

        PeerId target = Peer(1000);
        PeerId[] kept = [.. peers.Where(p => table.Nearest(new KadKey(p), 1)[0] == p)];
        Assert.Equal(table.Count, kept.Length);
        Assert.Equal(kept.OrderBy(p => Distance(p, target)).Take(20), table.Nearest(new KadKey(target)));
    }

    [Fact]
    public void A_full_bucket_keeps_the_peers_it_knows_and_self_is_never_in_it()
    {
        KadRoutingTable table = new(Self);
        table.Add(Self);
        Assert.Equal(0, table.Count);
        PeerId[] far = [.. Enumerable.Range(1, 500).Select(Peer).Where(p => new KadKey(Self).CommonPrefixLength(new KadKey(p)) == 0).Take(25)];
        foreach (PeerId peer in far)
        {
            table.Add(peer);
        }

        Assert.Equal(KadRoutingTable.BucketSize, table.Count);
        Assert.DoesNotContain(far[20], table.Nearest(new KadKey(far[20])));
        table.Remove(far[0]);
        table.Add(far[20]);
        Assert.Contains(far[20], table.Nearest(new KadKey(far[20])));
    }

    [Fact]
    public void A_look_up_that_is_named_peers_without_end_ends()
    {
        KadLookup lookup = new(Peer(0), [Peer(1)]);
        int asked = 0;
        while (lookup.TryNext(out PeerId? _))
        {
            lookup.Add(Peer(++asked + 1), []); // each names another, and none can be reached
            Assert.InRange(asked, 1, 1000);
        }

        Assert.InRange(asked, 100, 1000);
    }

    [Fact]
    public void A_look_up_asks_the_nearest_twenty_that_answer_and_no_more()
    {
        PeerId target = Peer(5000);
        KadLookup lookup = new(target, [Peer(1)]);
        HashSet<PeerId> asked = [];
        for (int next = 2; lookup.TryNext(out PeerId? peer); next += 10)
        {
            Assert.True(asked.Add(peer));
            lookup.Answered(peer);
            for (int i = next; i < Math.Min(next + 10, 200); i++)
            {
                lookup.Add(Peer(i), []);
            }
        }

        PeerId[] nearest = [.. Enumerable.Range(1, 199).Select(Peer).OrderBy(p => Distance(p, target)).Take(20)];
        Assert.Subset(asked, nearest.ToHashSet());
        Assert.True(asked.Count < 199);
    }

    private static PeerId Peer(int number) => PeerId.FromPublicKey([0x08, 0x01, 0x12, 0x20, .. SHA256.HashData(BitConverter.GetBytes(number))]);

    private static BigInteger Distance(PeerId a, PeerId b) =>
        new BigInteger(SHA256.HashData(a.Bytes.Span), isUnsigned: true, isBigEndian: true) ^ new BigInteger(SHA256.HashData(b.Bytes.Span), isUnsigned: true, isBigEndian: true);
}
