using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;

namespace Whorl.Dht.Tests;

/// <summary>Look-ups of one key at the same time. A peer that never answers holds the first one until the clock is moved.</summary>
public sealed class SharedLookUpTests : IAsyncLifetime
{
    private static readonly DhtId Key = DhtId.OfKey("key");
    private static readonly TimeSpan PastTimeOut = TimeSpan.FromSeconds(3.1);

    private Swarm _swarm = null!;
    private IPeerHost _silent = null!;
    private int _asked;

    public async Task InitializeAsync()
    {
        _swarm = await Swarm.StartAsync(seed: 11, count: 8, new DhtOptions { CacheLocally = false });
        await _swarm[0].StoreAsync("key", Swarm.Pack("value"), _swarm[0].Now + 100, null, TestLimits.Token());
        _silent = _swarm.Network.AddHost();
        _silent.Handle(DhtProtocol.FindMethod, async (_, token) =>
        {
            Interlocked.Increment(ref _asked);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
    }

    public async Task DisposeAsync()
    {
        await _silent.DisposeAsync();
        await _swarm.DisposeAsync();
    }

    [Fact]
    public async Task Eight_at_once_cost_what_one_does_and_all_get_the_value()
    {
        await using DhtNode client = await ClientAsync();
        LookUp[] done = await ReleaseAsync([.. Enumerable.Range(0, 8).Select(_ => LookUpAsync(client, client.Now))]);
        Assert.All(done, lookUp => Assert.Equal("value", lookUp.Value));
        Assert.Single(done, lookUp => lookUp.Calls > 0);
    }

    [Fact]
    public async Task Each_asks_for_itself_where_sharing_is_off()
    {
        await using DhtNode client = await ClientAsync(new DhtOptions { ReuseGetRequests = false });
        LookUp[] done = await ReleaseAsync([.. Enumerable.Range(0, 3).Select(_ => LookUpAsync(client, client.Now))], asked: 3);
        Assert.All(done, lookUp => Assert.True(lookUp.Calls > 0));
    }

    [Fact]
    public async Task One_that_wants_the_latest_value_does_not_wait_for_one_that_takes_the_first()
    {
        await using DhtNode client = await ClientAsync();
        Task<LookUp> first = LookUpAsync(client, client.Now), latest = LookUpAsync(client, double.PositiveInfinity), third = LookUpAsync(client, double.PositiveInfinity);
        LookUp[] done = await ReleaseAsync([first, latest, third], asked: 2);
        Assert.Equal([true, true, false], done.Select(lookUp => lookUp.Calls > 0));
        Assert.Equal("value", done[2].Value);
    }

    [Fact]
    public async Task Those_who_wait_search_themselves_when_the_first_gives_up()
    {
        await using DhtNode client = await ClientAsync();
        using CancellationTokenSource cancel = new();
        Task<LookUp> first = LookUpAsync(client, client.Now, cancel.Token);
        Task<LookUp>[] others = [LookUpAsync(client, client.Now), LookUpAsync(client, client.Now)];
        await TestLimits.EventuallyAsync(() => _asked == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await TestLimits.EventuallyAsync(() => _asked == 2);
        Task<LookUp> late = LookUpAsync(client, client.Now);
        LookUp[] done = await ReleaseAsync([.. others, late], asked: 2);
        Assert.All(done, lookUp => Assert.Equal("value", lookUp.Value));
        Assert.Equal(0, done[2].Calls); // one of those who waited searches for it too
        Assert.Contains(done, lookUp => lookUp.Calls > 0); // by one, unless the other one comes to it only when that is over
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task One_of_those_who_wait_gives_up_alone()
    {
        await using DhtNode client = await ClientAsync();
        using CancellationTokenSource cancel = new();
        Task<LookUp> first = LookUpAsync(client, client.Now), second = LookUpAsync(client, client.Now, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal("value", Assert.Single(await ReleaseAsync([first])).Value);
    }

    [Fact]
    public async Task A_node_that_hangs_is_not_waited_for_where_others_have_the_value_and_leaves_the_table_all_the_same()
    {
        await using DhtNode client = await ClientAsync(new DhtOptions(), workers: 4);
        long start = _swarm.Clock.GetTimestamp();
        Task<LookUp> latest = LookUpAsync(client, double.PositiveInfinity), missing = LookUpAsync(client, client.Now, default, DhtId.OfKey("missing"));
        await TestLimits.EventuallyAsync(() => _asked == 2);
        while (!latest.IsCompleted)
        {
            Assert.InRange(_swarm.Clock.GetElapsedTime(start).TotalSeconds, 0, 1); // a call counts as lost after three
            _swarm.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(latest, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        }

        Assert.Equal("value", (await latest).Value);
        Assert.False(missing.IsCompleted); // it alone may know
        Assert.Contains(client.Neighbours, node => node.Peer == _silent.Id);
        _swarm.Clock.Advance(PastTimeOut);
        await missing;
        await TestLimits.EventuallyAsync(() => client.BackgroundTaskCount == 0);
        Assert.DoesNotContain(client.Neighbours, node => node.Peer == _silent.Id);
    }

    [Fact]
    public async Task Look_ups_of_several_keys_that_overlap_share_what_they_have_in_common()
    {
        await using DhtNode client = await ClientAsync();
        DhtId missing = DhtId.OfKey("missing");
        Task<LookUp> both = LookUpAsync(client, client.Now, default, Key, missing), turned = LookUpAsync(client, client.Now, default, missing, DhtId.OfKey("other"), Key);
        Assert.All(await ReleaseAsync([both, turned]), lookUp => Assert.Equal("value", lookUp.Value));
    }

    private static async Task<LookUp> LookUpAsync(DhtNode client, double sufficient, CancellationToken cancellationToken = default, params DhtId[] keys)
    {
        (Dictionary<DhtId, DhtValue> found, LookupStatistics statistics) =
            await client.LookUpAsync(keys.Length > 0 ? keys : [Key], sufficient, isRefresh: false, cancellationToken);
        Assert.InRange(found.Count, 0, 1); // the only value there is
        return new LookUp(Swarm.Unpack(found.GetValueOrDefault(Key)), statistics.Calls);
    }

    /// <summary>A client that asks the silent peer first, and nobody else meanwhile.</summary>
    private async Task<DhtNode> ClientAsync(DhtOptions? options = null, int workers = 1)
    {
        DhtNode client = await _swarm.AddAsync((options ?? new DhtOptions()) with { ClientMode = true, Workers = workers, CacheLocally = false });
        client.Protocol.Locked((table, _, _) => table.AddOrUpdate(Key, _silent.Id, out _)); // nearest of all
        return client;
    }

    /// <summary>Waits until the silent peer was asked so often, then lets the questions to it run out of time.</summary>
    private async Task<LookUp[]> ReleaseAsync(Task<LookUp>[] lookUps, int asked = 1)
    {
        await TestLimits.EventuallyAsync(() => _asked >= asked);
        Assert.All(lookUps, lookUp => Assert.False(lookUp.IsCompleted));
        Task<LookUp[]> all = Task.WhenAll(lookUps);
        while (!all.IsCompleted)
        {
            await _swarm.PassAsync(PastTimeOut);
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        return await all;
    }

    private sealed record LookUp(string? Value, int Calls);
}
