using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Client.Tests.Petals;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Chains of servers of both protocols, found by the DHT: whichever dies, the other kind takes its place.</summary>
public sealed class MixedChainTests
{
    private static readonly BlockRange All = new(0, 3), Left = new(0, 1), Right = new(2, 3);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_server_of_either_protocol_is_replaced_by_one_of_the_other(int step)
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        List<float[]> expected;
        await using (IBlockSession alone = await swarm.Load(All).OpenAsync(new BlockSessionOptions(All, 32), swarm.Limit))
        {
            expected = await WriteAsync(swarm, alone, _ => { });
        }

        HashSet<PeerId> ours = [];
        List<SpanServer> servers = [];
        PeerId fastLeft = await AddOursAsync(Left, 500), slowRight = await AddOursAsync(Right, 50);
        PeerId fastRight = (await swarm.AddServerAsync(Right, inferenceRps: 500)).Id, slowLeft = (await swarm.AddServerAsync(Left, inferenceRps: 50)).Id;
        SwarmSpan span = await SwarmSpan.FindAsync(
            swarm.View(),
            async (server, token) => ours.Contains(server.Peer)
                ? await RemoteSpan.ConnectAsync(swarm.Client, server.Peer, server.Peer.ToString(), swarm.Clock, token)
                : await PetalsSpan.ConnectAsync(swarm.Rpc, server.Peer, TestSwarm.Prefix, server.Range, new PetalsClientOptions(), token),
            swarm.Limit);
        await using IBlockSession session = await span.OpenAsync(new BlockSessionOptions(All, 32), swarm.Limit);
        Assert.Equal([fastLeft.ToString(), fastRight.ToString()], session.Holders.Select(h => h.Name));

        List<float[]> written = await WriteAsync(swarm, session, at =>
        {
            if (at == step)
            {
                swarm.Network.Kill(fastLeft);
            }
            else if (at == step + 1)
            {
                swarm.Network.Kill(fastRight);
            }
        });

        Assert.Equal(expected.Count, written.Count);
        Assert.All(expected.Zip(written), pair => Assert.Equal(pair.First, pair.Second));
        Assert.Equal(slowLeft.ToString(), session.Holders[0].Name);
        Assert.Equal(step == 5 ? fastRight.ToString() : slowRight.ToString(), session.Holders[1].Name);
        Assert.All(((IRecoverable)session).Recoveries, recovery => Assert.Equal(RecoveryKind.Replace, recovery.Kind));
        await Task.WhenAll(servers.Select(server => server.DisposeAsync().AsTask()));

        async Task<PeerId> AddOursAsync(BlockRange range, double inferenceRps)
        {
            IPeerHost host = swarm.Network.AddHost();
            SpanServer server = new(swarm.Load(range), NullLogger.Instance);
            server.Listen(host);
            servers.Add(server);
            ours.Add(host.Id);
            await swarm.AnnounceAsync(host, range, inferenceRps: inferenceRps);
            return host.Id;
        }
    }

    /// <summary>Three rows, then five steps of one: what leaves the last block.</summary>
    private static async Task<List<float[]>> WriteAsync(TestSwarm swarm, IBlockSession session, Action<int> before)
    {
        List<float[]> outputs = [];
        for (int step = 0; step < 6; step++)
        {
            before(step);
            int rows = step == 0 ? 3 : 1;
            float[] output = new float[rows * swarm.Ends.BoundarySize];
            await session.StepAsync(new BlockStep { Rows = rows, Input = swarm.Noise(step, rows), Output = output }, swarm.Limit);
            outputs.Add(output);
        }

        return outputs;
    }
}
