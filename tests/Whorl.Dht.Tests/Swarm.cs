using Whorl.Dht.Records;
using Whorl.MsgPack;
using Whorl.P2P;
using Whorl.Testing;

namespace Whorl.Dht.Tests;

/// <summary>DHT nodes on an in-memory network and a manual clock, with seeded ids: members come, go and are killed.</summary>
internal sealed class Swarm : IAsyncDisposable
{
    private readonly Random _random;
    private readonly DhtOptions _options;
    private readonly List<Member> _members = [];

    public Swarm(int seed, DhtOptions? options = null) => (_random, _options) = (new Random(seed), options ?? new DhtOptions());

    public InMemoryNetwork Network { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public IReadOnlyList<DhtNode> Nodes => [.. _members.Select(member => member.Node)];

    public DhtNode this[int index] => _members[index].Node;

    public static async Task<Swarm> StartAsync(int seed, int count, DhtOptions? options = null)
    {
        Swarm swarm = new(seed, options);
        for (int i = 0; i < count; i++)
        {
            await swarm.AddAsync();
        }

        return swarm;
    }

    public async Task<DhtNode> AddAsync(DhtOptions? options = null)
    {
        IPeerHost host = Network.AddHost();
        PeerId[] known = [.. _members.Select(member => member.Node.PeerId)];
        PeerAddress[] initial = known.Length == 0 ? [] : [.. _random.GetItems(known, 3).Distinct()];
        DhtNode node = await DhtNode.StartAsync(
            host, options ?? _options, initial, Clock, new Random(_random.Next()), logger: null, TestLimits.Token());
        if (options?.ClientMode != true)
        {
            _members.Add(new Member(host, node));
        }

        await SettleAsync();
        return node;
    }

    /// <summary>Takes away some nodes at once, as killed processes go: nobody is told.</summary>
    public async Task KillAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Member victim = _members[_random.Next(_members.Count)];
            _members.Remove(victim);
            Network.Kill(victim.Host.Id);
            await victim.DisposeAsync();
        }
    }

    /// <summary>Moves the clock and lets what falls due happen.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await SettleAsync();
    }

    /// <summary>Waits until no node does anything in the background.</summary>
    public async Task SettleAsync() =>
        await TestLimits.EventuallyAsync(() => _members.TrueForAll(member => member.Node.BackgroundTaskCount == 0));

    public async ValueTask DisposeAsync()
    {
        foreach (Member member in _members)
        {
            await member.DisposeAsync();
        }

        Assert.All(_members, member => Assert.Equal(0, member.Node.BackgroundTaskCount));
        _members.Clear();
    }

    public static byte[] Pack(string text) => MsgPackWriter.Write(text);

    public static string? Unpack(DhtValue? value) => value is null ? null : MsgPackReader.Read(value.Plain.Span) as string;

    public static string? Unpack(DhtValue? value, string subkey) =>
        value?.Items?.TryGetValue(DhtSubkey.OfText(subkey), out DhtItem item) == true ? MsgPackReader.Read(
            item.Value.Span) as string : null;

    private sealed record Member(IPeerHost Host, DhtNode Node) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Host.DisposeAsync();
        }
    }
}
