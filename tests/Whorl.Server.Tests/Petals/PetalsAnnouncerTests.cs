using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Dht;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server.Petals;
using Whorl.Swarm;
using Whorl.Testing;

namespace Whorl.Server.Tests.Petals;

public class PetalsAnnouncerTests
{
    private const string Prefix = "a-model";

    [Fact]
    public async Task Whatever_goes_wrong_with_one_announcement_the_next_is_made()
    {
        CancellationToken limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
        ManualTimeProvider clock = new();
        InMemoryNetwork network = new();
        await using IPeerHost bootHost = network.AddHost(), serverHost = network.AddHost();
        await using DhtNode boot = await DhtNode.StartAsync(bootHost, new DhtOptions(), [], clock, new Random(1), null, limit);
        await using DhtNode server = await DhtNode.StartAsync(serverHost, new DhtOptions(), [bootHost.Id], clock, new Random(2), null, limit);
        int described = 0;
        await using PetalsAnnouncer announcer = new(
            server, Prefix, new BlockRange(0, 1), new ModelInfo(2, null), ServerState.Online, Describe,
            TimeSpan.FromSeconds(60), clock, new Random(4), NullLogger.Instance);
        while (Volatile.Read(ref described) < 4)
        {
            clock.Advance(TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit);
        }

        SwarmDirectory directory = new(boot);
        while ((await directory.FindServersAsync(Prefix, [1], latest: true, limit))[0].GetValueOrDefault(serverHost.Id)?.State != ServerState.Online)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit);
        }

        ServerInfo Describe(ServerState state) => Interlocked.Increment(ref described) is 1 or 2
            ? throw new InvalidOperationException("a fault of the server's own")
            : new ServerInfo { State = state, Throughput = 7 };
    }

    [Fact]
    public async Task States_are_announced_as_they_change_renewed_before_they_expire_and_the_end_is_told()
    {
        CancellationToken limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
        ManualTimeProvider clock = new();
        InMemoryNetwork network = new();
        await using IPeerHost bootHost = network.AddHost(), serverHost = network.AddHost(), nextHost = network.AddHost();
        await using DhtNode boot = await DhtNode.StartAsync(bootHost, new DhtOptions(), [], clock, new Random(1), null, limit);
        await using DhtNode server = await DhtNode.StartAsync(serverHost, new DhtOptions(), [bootHost.Id], clock, new Random(2), null, limit);
        await using DhtNode next = await DhtNode.StartAsync(nextHost, new DhtOptions(), [bootHost.Id], clock, new Random(3), null, limit);
        SwarmDirectory directory = new(boot);
        double farAway = (clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + 10_000;
        await new SwarmDirectory(next).DeclareServerAsync(Prefix, [2, 3], new ServerInfo { State = ServerState.Online, Throughput = 1 }, farAway, limit);
        int announced = 0;
        PetalsAnnouncer announcer = new(
            server, Prefix, new BlockRange(0, 1), new ModelInfo(4, null), ServerState.Joining, Describe,
            TimeSpan.FromSeconds(60), clock, new Random(4), NullLogger.Instance);

        await EventuallyAsync(ServerState.Joining);
        clock.Advance(TimeSpan.FromSeconds(10));
        announcer.SetState(ServerState.Online);
        await EventuallyAsync(ServerState.Online);
        ServerInfo info = (await InfoAsync())!;
        Assert.Equal(7, info.Throughput);
        Assert.Equal([nextHost.Id.ToString()], info.NextPings!.Keys);

        await UntilAsync(async () => (await directory.FindModelsAsync(limit)).ContainsKey(Prefix));
        for (int i = 0; i < 5; i++)
        {
            int before = Volatile.Read(ref announced);
            clock.Advance(TimeSpan.FromSeconds(60)); // without renewal it would be gone after two of these
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref announced) > before));
            await EventuallyAsync(ServerState.Online);
            await UntilAsync(async () => (await directory.FindModelsAsync(limit)).ContainsKey(Prefix));
        }

        clock.Advance(TimeSpan.FromSeconds(1)); // a record is only replaced by one that expires later
        await announcer.DisposeAsync();
        await EventuallyAsync(ServerState.Offline);
        Assert.Equal(4, (await directory.FindModelsAsync(limit))[Prefix].NumBlocks);

        async Task<ServerInfo?> InfoAsync() =>
            (await directory.FindServersAsync(Prefix, [1], latest: true, limit))[0].GetValueOrDefault(serverHost.Id);

        Task EventuallyAsync(ServerState state) => UntilAsync(async () => (await InfoAsync())?.State == state);

        async Task UntilAsync(Func<Task<bool>> condition)
        {
            while (!await condition())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit);
            }
        }

        ServerInfo Describe(ServerState state)
        {
            Interlocked.Increment(ref announced);
            return new ServerInfo { State = state, Throughput = 7 };
        }
    }

    [Fact]
    public async Task Another_server_that_announces_the_same_model_for_longer_is_no_cause_for_a_warning()
    {
        CancellationToken limit = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
        ManualTimeProvider clock = new();
        InMemoryNetwork network = new();
        await using IPeerHost otherHost = network.AddHost(), serverHost = network.AddHost();
        await using DhtNode other = await DhtNode.StartAsync(otherHost, new DhtOptions(), [], clock, new Random(1), null, limit);
        await using DhtNode server = await DhtNode.StartAsync(serverHost, new DhtOptions(), [otherHost.Id], clock, new Random(2), null, limit);
        SwarmDirectory directory = new(other);
        ModelInfo model = new(2, null);
        Assert.True(await directory.DeclareModelAsync(Prefix, model, (clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + 1_000, limit));
        int announced = 0;
        WarningLogger log = new();
        await using (PetalsAnnouncer announcer = new(
            server, Prefix, new BlockRange(0, 1), model, ServerState.Online, Describe, TimeSpan.FromSeconds(60), clock, new Random(4), log))
        {
            while (Volatile.Read(ref announced) < 3)
            {
                clock.Advance(TimeSpan.FromSeconds(60));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit);
            }
        }

        Assert.Empty(log.Warnings);
        Assert.Equal(ServerState.Offline, (await directory.FindServersAsync(Prefix, [1], latest: true, limit))[0][serverHost.Id].State);

        ServerInfo Describe(ServerState state)
        {
            Interlocked.Increment(ref announced);
            return new ServerInfo { State = state, Throughput = 7 };
        }
    }

    private sealed class WarningLogger : ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Warnings.Enqueue(formatter(state, exception));
            }
        }
    }
}
