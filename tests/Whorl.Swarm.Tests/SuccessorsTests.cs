using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Swarm.Tests;

/// <summary>Who takes the sessions of a server that leaves.</summary>
public sealed class SuccessorsTests
{
    [Fact]
    public void Those_that_are_online_and_hold_all_blocks_are_asked_the_fastest_first()
    {
        PeerId[] peers = [.. Enumerable.Range(1, 6).Select(i => PeerId.FromBytes([0x12, 0x20, .. Enumerable.Repeat((byte)i, 32)]))];
        BlockServer[] servers =
        [
            Of(0, 0, 7, 90), // who leaves
            Of(1, 2, 5, 10),
            Of(2, 3, 4, 20),
            Of(3, 3, 3, 80), // not all blocks
            Of(4, 2, 9, 70, ServerState.Joining),
            Of(5, 0, 9, 30),
        ];
        Assert.Equal([peers[5], peers[2], peers[1]], Successors.Of(servers, new BlockRange(3, 4), peers[0]));
        Assert.Equal([peers[5]], Successors.Of(servers, new BlockRange(0, 9), peers[0]));
        Assert.Empty(Successors.Of(servers, new BlockRange(0, 10), peers[0]));

        BlockServer Of(int peer, int first, int last, double throughput, ServerState state = ServerState.Online) =>
            new(peers[peer], new BlockRange(first, last), new ServerInfo { State = state, Throughput = throughput });
    }
}
