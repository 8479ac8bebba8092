using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Generation;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Server;
using Whorl.Server.Petals;
using Whorl.Swarm;

namespace Whorl.Client.Tests.Petals;

/// <summary>Whorl's client and servers with each other over Petals' protocol: bit for bit what one process computes.</summary>
public class PetalsSpanTests
{
    [Fact]
    public async Task A_chain_found_by_the_dht_computes_the_bytes_of_one_process()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 1));
        await swarm.AddServerAsync(new BlockRange(1, 3)); // entered in its middle
        SwarmSpan chain = await swarm.FindAsync();

        await using IBlockSession local = await OpenAsync(swarm.Load(new BlockRange(0, 3))), remote = await OpenAsync(chain);

        Assert.Equal(["0..1", "2..3"], remote.Holders.Select(h => h.Range.ToString()));
        foreach (int rows in (int[])[7, 1, 0, 3])
        {
            BlockStep step = new() { Rows = rows };
            Assert.Equal(await StepAsync(swarm, local, step, rows), await StepAsync(swarm, remote, step, rows));
        }
    }

    [Fact]
    public async Task Scratch_chains_and_verdicts_become_positions_to_go_on_from()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 3));
        await using IBlockSession local = await OpenAsync(swarm.Load(new BlockRange(0, 3)), 6), remote = await OpenAsync(await swarm.FindAsync(), 6);
        BlockStep[] steps =
        [
            new() { Rows = 3 },
            new() { Rows = 4, IsScratch = true, Parents = new[] { -1, 0, 1, 2 } },
            new() { Rows = 2, IsScratch = true, Parents = new[] { -1, 0 }, HasVerdict = true, Keep = new[] { 0, 1 } },
            new() { Rows = 1, HasVerdict = true },
            new() { Rows = 2 },
        ];
        for (int i = 0; i < steps.Length; i++)
        {
            Assert.Equal(await StepAsync(swarm, local, steps[i], i), await StepAsync(swarm, remote, steps[i], i));
        }

        await using CausalSession guessing = await new CausalModel(swarm.Source, swarm.Ends, await swarm.FindAsync()).OpenSessionAsync(8, 4, swarm.Limit);
        Assert.Equal(ScratchShape.Chains, guessing.Scratch);
        BlockStep tree = new() { Rows = 2, IsScratch = true, Parents = new[] { -1, -1 } };
        await Assert.ThrowsAsync<NotSupportedException>(() => StepAsync(swarm, remote, tree, 1));
    }

    [Fact]
    public async Task A_server_of_2_2_0_is_not_asked_to_go_back()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 3), new PetalsServerOptions { Prefix = TestSwarm.Prefix, Version = "2.2.0.post1" });
        await using IBlockSession session = await OpenAsync(await swarm.FindAsync(), 4);
        await StepAsync(swarm, session, new BlockStep { Rows = 2, IsScratch = true, Parents = new[] { -1, 0 } }, 1);
        await Assert.ThrowsAsync<NotSupportedException>(() => StepAsync(swarm, session, new BlockStep { Rows = 1, HasVerdict = true, Keep = new[] { 0 } }, 2));
        await using CausalSession guessing = await new CausalModel(swarm.Source, swarm.Ends, await swarm.FindAsync()).OpenSessionAsync(8, 4, swarm.Limit);
        Assert.Equal(ScratchShape.None, guessing.Scratch);
    }

    [Theory]
    [InlineData(3, 50)] // a unary call
    [InlineData(1, 4097)] // above 1 MiB of tensors: a stream
    public async Task Forward_passes_are_the_bytes_of_one_process(int batch, int rows)
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost host = await swarm.AddServerAsync(new BlockRange(0, 1));
        PetalsSpan span = await PetalsSpan.ConnectAsync(swarm.Rpc, host.Id, TestSwarm.Prefix, new BlockRange(0, 1), new PetalsClientOptions(), swarm.Limit);
        float[] hidden = swarm.Noise(batch, batch * rows);

        float[] output = await span.ForwardAsync(hidden, batch, new BlockRange(0, 1), swarm.Limit);

        int length = rows * swarm.Ends.BoundarySize;
        HostedSpan local = swarm.Load(new BlockRange(0, 1));
        for (int i = 0; i < batch; i++)
        {
            await using HostedSession session = local.Open(new BlockSessionOptions(new BlockRange(0, 1), rows));
            float[] expected = new float[length];
            await session.StepAsync(new BlockStep { Rows = rows, Input = hidden.AsMemory(i * length, length), Output = expected }, swarm.Limit);
            Assert.Equal(expected, output[(i * length)..((i + 1) * length)]);
        }
    }

    [Fact]
    public async Task Servers_that_are_gone_or_not_yet_there_are_passed_over()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost gone = await swarm.AddServerAsync(new BlockRange(0, 3));
        await swarm.AddServerAsync(new BlockRange(0, 1));
        await swarm.AddServerAsync(new BlockRange(2, 3));
        await swarm.AnnounceAsync(swarm.Network.AddHost(), new BlockRange(0, 3), state: ServerState.Joining);
        swarm.Network.Kill(gone.Id);

        await using IBlockSession session = await OpenAsync(await swarm.FindAsync());

        Assert.Equal(2, session.Holders.Count);
    }

    [Fact]
    public async Task Without_a_holder_of_a_block_the_error_names_it()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 1));
        NoRouteException error = await Assert.ThrowsAsync<NoRouteException>(() => swarm.FindAsync());
        Assert.Contains("has blocks 2..3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_for_want_of_memory_is_told_from_others_and_of_either_another_server_may_think_otherwise()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 3), cacheBytes: 1 << 16);
        SwarmSpan chain = await swarm.FindAsync();

        await using IBlockSession tooLong = await OpenAsync(chain, maxLength: 100_000), noMemory = await OpenAsync(chain, maxLength: 4096);

        Assert.Equal(SpanFailureCode.Internal, await RefusalAsync(tooLong));
        Assert.Equal(SpanFailureCode.OutOfMemory, await RefusalAsync(noMemory));

        async Task<SpanFailureCode> RefusalAsync(IBlockSession session)
        {
            BlockStep step = new() { Rows = 1 };
            SpanRefusedException refusal = await Assert.ThrowsAsync<SpanRefusedException>(() => StepAsync(swarm, session, step, 1));
            Assert.True(refusal.IsTransient);
            return refusal.Code;
        }
    }

    [Fact]
    public async Task A_server_that_dies_and_that_nobody_replaces_in_time_loses_the_session()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost host = await swarm.AddServerAsync(new BlockRange(0, 3));
        await using IBlockSession session = await OpenAsync(await swarm.FindAsync(new RecoveryOptions { Wait = TimeSpan.Zero }));
        await StepAsync(swarm, session, new BlockStep { Rows = 2 }, 1);

        swarm.Network.Kill(host.Id);

        SessionLostException error = await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(swarm, session, new BlockStep { Rows = 1 }, 2));
        Assert.Equal(host.Id.ToString(), error.Server);
    }

    private static ValueTask<IBlockSession> OpenAsync(IBlockSpan span, int scratch = 0, int maxLength = 32) =>
        span.OpenAsync(new BlockSessionOptions(new BlockRange(0, 3), maxLength, scratch), CancellationToken.None);

    private static async Task<float[]> StepAsync(TestSwarm swarm, IBlockSession session, BlockStep step, int seed)
    {
        float[] output = new float[step.Rows * swarm.Ends.BoundarySize];
        (step.Input, step.Output) = (swarm.Noise(seed, step.Rows), output);
        await session.StepAsync(step, swarm.Limit);
        return output;
    }
}
