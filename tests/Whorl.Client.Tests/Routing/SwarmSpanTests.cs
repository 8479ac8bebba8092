using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Client.Tests.Petals;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Client.Tests.Routing;

/// <summary>Routes through whole servers, in memory and on a clock that only the test moves.</summary>
public class SwarmSpanTests
{
    private static readonly BlockRange All = new(0, 3);
    private static readonly Dictionary<PeerId, string> NoFailures = [];

    [Fact]
    public async Task Sessions_go_through_the_servers_that_announce_the_most_speed()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(All, inferenceRps: 5);
        IPeerHost left = await swarm.AddServerAsync(new BlockRange(0, 1), inferenceRps: 500), right = await swarm.AddServerAsync(new BlockRange(2, 3), inferenceRps: 500);

        await using IBlockSession session = await OpenAsync(await swarm.FindAsync());

        Assert.Equal([left.Id.ToString(), right.Id.ToString()], session.Holders.Select(h => h.Name));
    }

    [Fact]
    public async Task A_server_lost_in_a_session_is_replaced_there_and_passed_over_in_the_next_and_its_absence_is_no_error()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost fast = await swarm.AddServerAsync(All, inferenceRps: 500), slow = await swarm.AddServerAsync(All, inferenceRps: 50);
        SwarmSpan span = await swarm.FindAsync();
        await using IBlockSession first = await OpenAsync(span);
        Assert.Equal(fast.Id.ToString(), first.Holders.Single().Name);
        await StepAsync(swarm, first);
        swarm.Network.Kill(fast.Id);
        await StepAsync(swarm, first);
        Assert.Equal(slow.Id.ToString(), first.Holders.Single().Name);

        for (int seconds = 0; seconds < 40; seconds += 10) // also when the ban is over, and it is tried again
        {
            await using IBlockSession next = await OpenAsync(span);
            await StepAsync(swarm, next);
            Assert.Equal(slow.Id.ToString(), next.Holders.Single().Name);
            swarm.Clock.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task A_session_whose_blocks_nobody_holds_at_present_is_opened_when_somebody_announces_them()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost left = await swarm.AddServerAsync(new BlockRange(0, 1)), right = await swarm.AddServerAsync(new BlockRange(2, 3));
        TaskCompletionSource<string> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SwarmSpan span = await swarm.FindAsync(new RecoveryOptions { Waiting = told.SetResult });
        swarm.Network.Kill(right.Id);
        Task<IBlockSession> opening = OpenAsync(span).AsTask();
        string line = await told.Task.WaitAsync(swarm.Limit);
        Assert.StartsWith("nobody holds blocks 2..3 at present; waiting until ", line, StringComparison.Ordinal);
        IPeerHost next = await swarm.AddServerAsync(new BlockRange(2, 3));
        while (!opening.IsCompleted)
        {
            swarm.Clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await using IBlockSession session = await opening;
        Assert.Equal([left.Id.ToString(), next.Id.ToString()], session.Holders.Select(h => h.Name));
        await StepAsync(swarm, session);
    }

    [Fact]
    public async Task A_server_that_hangs_costs_half_a_second_once_where_an_honest_one_stands_beside_it()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost hung = await swarm.AddHungServerAsync(All, inferenceRps: 500), honest = await swarm.AddServerAsync(All, inferenceRps: 50);
        Task<SwarmSpan> finding = swarm.FindAsync();
        bool isOver = false; // once: how long the honest one takes on a busy machine is no part of it
        while (!finding.IsCompleted)
        {
            if (!isOver && swarm.Clock.HasTimerIn(TimeSpan.FromSeconds(0.5)))
            {
                isOver = true;
                swarm.Clock.Advance(TimeSpan.FromSeconds(0.5));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        SwarmSpan span = await finding;
        DateTimeOffset then = swarm.Clock.GetUtcNow();
        await using IBlockSession session = await OpenAsync(span);
        Assert.Equal(honest.Id.ToString(), session.Holders.Single().Name);
        Assert.Equal(then, swarm.Clock.GetUtcNow());
        await StepAsync(swarm, session);
        Assert.NotEqual(hung.Id, honest.Id);
    }

    [Fact]
    public async Task A_server_that_was_passed_over_is_remembered_though_it_is_let_go_at_once()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost hung = await swarm.AddHungServerAsync(All, inferenceRps: 500), honest = await swarm.AddServerAsync(All, inferenceRps: 50);
        IBlockSpan blocks = swarm.Load(All);
        SwarmView view = swarm.View();
        Task finding = Task.Run(() => SwarmSpan.FindAsync(view, ConnectAsync, swarm.Limit)); // without a context, so that who is let go ends within that
        while (!finding.IsCompleted && !swarm.Clock.HasTimerIn(TimeSpan.FromSeconds(0.5)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        swarm.Clock.Advance(TimeSpan.FromSeconds(0.5));
        await finding;
        IReadOnlyList<RouteHop> next = await view.FindFastestAsync(All, 1, NoFailures, swarm.Limit);
        Assert.Equal(honest.Id, Assert.Single(next).Server.Peer);

        async Task<IBlockSpan> ConnectAsync(BlockServer server, CancellationToken token)
        {
            if (server.Peer == hung.Id)
            {
                TaskCompletionSource never = new(); // goes on within the call that gives it up
                await using CancellationTokenRegistration givenUp = token.Register(() => never.TrySetCanceled(token));
                await never.Task;
            }

            return blocks;
        }
    }

    [Fact]
    public async Task A_server_whose_whole_process_stands_still_is_found_out_within_a_second_and_the_honest_one_is_taken()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost stopped = await swarm.AddHungServerAsync(All, inferenceRps: 500), honest = await swarm.AddServerAsync(All, inferenceRps: 50);
        foreach (string method in new[] { "DHTProtocol.rpc_ping", "DHTProtocol.rpc_find" })
        {
            Assert.True(stopped.Unhandle(method));
            stopped.Handle(method, (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        }

        long start = swarm.Clock.GetTimestamp();
        Task<SwarmSpan> finding = swarm.FindAsync();
        while (!finding.IsCompleted)
        {
            if (swarm.Clock.HasTimerIn(TimeSpan.FromSeconds(0.3))) // how long who stands still is waited for, once the others have answered
            {
                swarm.Clock.Advance(TimeSpan.FromSeconds(0.3));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.InRange(swarm.Clock.GetElapsedTime(start).TotalSeconds, 0.3, 1); // a ping is lost after two, a question to the DHT after three
        await using IBlockSession session = await OpenAsync(await finding);
        Assert.Equal(honest.Id.ToString(), session.Holders.Single().Name);
    }

    [Fact]
    public async Task A_hung_server_that_alone_holds_a_block_is_waited_for_and_named()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost hung = await swarm.AddHungServerAsync(All);
        Task<SwarmSpan> finding = swarm.FindAsync();
        while (!finding.IsCompleted)
        {
            // Half a second of patience, then the limit of twenty for its answer, of which that may have been a part.
            double next = ((double[])[0.5, 19.5, 20]).FirstOrDefault(seconds => swarm.Clock.HasTimerIn(TimeSpan.FromSeconds(seconds)));
            swarm.Clock.Advance(TimeSpan.FromSeconds(next));

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        NoRouteException error = await Assert.ThrowsAsync<NoRouteException>(() => finding);
        Assert.Contains("…" + hung.Id.ToString()[^8..], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crowd_of_names_that_lead_nowhere_is_not_tried_one_by_one()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        for (int i = 0; i < 40; i++)
        {
            await swarm.AnnounceStrangerAsync(All, inferenceRps: 1e300);
        }

        IPeerHost honest = await swarm.AddServerAsync(All, inferenceRps: 5);
        int asked = 0;
        PetalsClientOptions options = new();
        SwarmSpan span = await SwarmSpan.FindAsync(
            swarm.View(),
            async (server, token) =>
            {
                Interlocked.Increment(ref asked);
                return await PetalsSpan.ConnectAsync(swarm.Rpc, server.Peer, TestSwarm.Prefix, server.Range, options, token);
            },
            swarm.Limit);
        await using IBlockSession session = await OpenAsync(span);
        Assert.Equal(honest.Id.ToString(), session.Holders.Single().Name);
        Assert.InRange(asked, 1, 2);
    }

    [Fact]
    public async Task A_server_that_failed_is_taken_again_when_its_ban_is_over_or_when_it_has_answered()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost fast = await swarm.AddServerAsync(All, inferenceRps: 500), slow = await swarm.AddServerAsync(All, inferenceRps: 50);
        SwarmView view = swarm.View();
        Assert.Equal(fast.Id, await FirstAsync());
        view.Failed(fast.Id);
        Assert.Equal(slow.Id, await FirstAsync());
        view.Failed(slow.Id);
        Assert.Equal(fast.Id, await FirstAsync()); // all are banned: better these than none
        view.Succeeded(slow.Id);
        Assert.Equal(slow.Id, await FirstAsync());
        swarm.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(fast.Id, await FirstAsync());
        view.Failed(fast.Id);
        swarm.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(slow.Id, await FirstAsync());
        swarm.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(fast.Id, await FirstAsync());

        async Task<PeerId> FirstAsync() => (await view.FindFastestAsync(All, 1, NoFailures, swarm.Limit))[0].Server.Peer;
    }

    [Fact]
    public async Task The_swarm_is_looked_at_again_after_a_minute_and_at_once_where_a_block_is_missing()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(new BlockRange(0, 1), inferenceRps: 50);
        SwarmView view = swarm.View();
        string missing = (await Assert.ThrowsAsync<NoRouteException>(RouteAsync)).Message;
        Assert.Equal("no server of 'golden-hf' in the swarm has blocks 2..3", missing);
        await swarm.AddServerAsync(new BlockRange(2, 3), inferenceRps: 50);
        Assert.Equal(2, (await RouteAsync()).Count);
        IPeerHost faster = await swarm.AddServerAsync(All, inferenceRps: 500);
        swarm.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(2, (await RouteAsync()).Count);
        swarm.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(faster.Id, Assert.Single(await RouteAsync()).Server.Peer);

        Task<IReadOnlyList<RouteHop>> RouteAsync() => view.FindFastestAsync(All, 1, NoFailures, swarm.Limit);
    }

    [Fact]
    public async Task Servers_known_before_are_still_used_where_the_dht_has_nothing_to_tell()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        await swarm.AddServerAsync(All);
        SwarmSpan span = await swarm.FindAsync();
        swarm.Clock.Advance(TimeSpan.FromMinutes(5)); // the announcement has expired
        await using IBlockSession session = await OpenAsync(span);
        await StepAsync(swarm, session);
        await Assert.ThrowsAsync<NoRouteException>(() => swarm.FindAsync()); // a new client knows nobody
    }

    [Fact]
    public async Task Only_the_blocks_of_a_failed_server_can_be_routed_anew_without_it()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost failed = await swarm.AddServerAsync(All, inferenceRps: 500), other = await swarm.AddServerAsync(new BlockRange(1, 3));
        SwarmView view = swarm.View();
        Dictionary<PeerId, string> failures = new() { [failed.Id] = "it went away" };

        RouteHop hop = Assert.Single(await view.FindFastestAsync(new BlockRange(1, 2), 1, failures, swarm.Limit));
        NoRouteException error = await Assert.ThrowsAsync<NoRouteException>(() => view.FindFastestAsync(All, 1, failures, swarm.Limit));

        Assert.Equal((other.Id, new BlockRange(1, 2)), (hop.Server.Peer, hop.Range));
        Assert.Equal("no server of 'golden-hf' in the swarm has block 0; not used: it went away", error.Message);
    }

    [Fact]
    public async Task Forward_passes_are_shared_among_servers_and_are_the_bytes_of_one_process()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        IPeerHost gone = await swarm.AddServerAsync(All);
        await swarm.AddServerAsync(new BlockRange(0, 2));
        await swarm.AddServerAsync(new BlockRange(1, 3));
        swarm.Network.Kill(gone.Id);
        PetalsSwarm petals = swarm.Petals(swarm.View());
        float[] hidden = swarm.Noise(1, 6), expected = new float[hidden.Length];
        await using IBlockSession local = await OpenAsync(swarm.Load(All));
        await local.StepAsync(new BlockStep { Rows = 6, Input = hidden, Output = expected }, swarm.Limit);

        for (int pass = 0; pass < 5; pass++)
        {
            Assert.Equal(expected, await petals.ForwardAsync(hidden, 1, All, swarm.Limit));
        }

        await Assert.ThrowsAsync<NoRouteException>(() => petals.ForwardAsync(hidden, 1, new BlockRange(0, 4), swarm.Limit));
    }

    private static ValueTask<IBlockSession> OpenAsync(IBlockSpan span) => span.OpenAsync(new BlockSessionOptions(All, 32), CancellationToken.None);

    private static async Task StepAsync(TestSwarm swarm, IBlockSession session) => await session.StepAsync(
        new BlockStep { Rows = 1, Input = swarm.Noise(1, 1), Output = new float[swarm.Ends.BoundarySize] }, swarm.Limit);
}
