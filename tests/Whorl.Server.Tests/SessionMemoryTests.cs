using Whorl.Models;
using Whorl.P2P;
using Whorl.P2P.Multiformats;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>The account of what peers make a server hold.</summary>
public sealed class SessionMemoryTests
{
    private static readonly SessionLimits Limits = new() { StepBytes = 1000, PeerStepBytes = 600, PeerSessions = 2 };

    private readonly ManualTimeProvider _clock = new();
    private readonly SessionMemory _memory;
    private readonly PeerId[] _peers;

    public SessionMemoryTests()
    {
        InMemoryNetwork network = new();
        _peers = [.. Enumerable.Range(0, 3).Select(_ => network.AddHost().Id)];
        _memory = new SessionMemory(new MemoryBudget(1000), Limits, _clock);
    }

    [Fact]
    public async Task A_step_waits_for_the_memory_of_others_and_is_refused_when_none_comes()
    {
        PeerAccount[] accounts = [.. _peers.Select(peer => _memory.Visit(peer, null))];
        await _memory.TakeStepAsync(accounts[0], 600, CancellationToken.None);
        Task second = _memory.TakeStepAsync(accounts[1], 500, CancellationToken.None).AsTask(), third = _memory.TakeStepAsync(accounts[2], 100, CancellationToken.None).AsTask();
        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted); // would fit, but must not overtake for ever
        _memory.GiveStep(accounts[0], 600);
        await second;
        await third;

        Task fourth = _memory.TakeStepAsync(accounts[0], 500, CancellationToken.None).AsTask();
        _clock.Advance(Limits.StepPatience);
        await Assert.ThrowsAsync<MemoryBudgetException>(() => fourth);
        await Assert.ThrowsAsync<MemoryBudgetException>(async () => await _memory.TakeStepAsync(accounts[0], 601, CancellationToken.None));
        _memory.GiveStep(accounts[1], 500);
        _memory.GiveStep(accounts[2], 100);
        Array.ForEach(accounts, _memory.Depart);
        Assert.Equal((0L, 0), (_memory.StepBytes, _memory.Peers));
    }

    [Fact]
    public async Task A_peer_that_waits_for_its_own_steps_is_in_nobody_s_way()
    {
        PeerAccount first = _memory.Visit(_peers[0], null), second = _memory.Visit(_peers[1], null);
        await _memory.TakeStepAsync(first, 600, CancellationToken.None);
        using CancellationTokenSource cancel = new();
        Task own = _memory.TakeStepAsync(first, 300, cancel.Token).AsTask(), other = _memory.TakeStepAsync(second, 300, CancellationToken.None).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => own);
        await other;
        Assert.Equal(900, _memory.StepBytes);
    }

    [Fact]
    public void Sessions_and_caches_of_a_peer_have_a_quota_and_its_first_may_be_greater()
    {
        PeerAccount account = _memory.Enter(_peers[0], null, 1, 900);
        Assert.Throws<MemoryBudgetException>(() => _memory.Enter(_peers[0], null, 1, 1));
        _memory.Leave(account, 1, 900);
        _memory.Enter(_peers[0], null, 1, 250);
        _memory.Enter(_peers[0], null, 1, 250);
        Assert.Throws<MemoryBudgetException>(() => _memory.Enter(_peers[0], null, 1, 0)); // a third session
        Assert.Equal(2, _memory.Enter(_peers[1], null, 2, 500).Sessions);
    }

    [Fact]
    public void New_identities_of_one_address_get_no_more_than_the_address_may_have()
    {
        SessionMemory memory = new(new MemoryBudget(1000), Limits, _clock);
        PeerAccount first = memory.Enter(_peers[0], "198.51.100.7", 1, 500);
        Assert.Throws<MemoryBudgetException>(() => memory.Enter(_peers[1], "198.51.100.7", 1, 300));
        PeerAccount second = memory.Enter(_peers[1], "198.51.100.7", 1, 250), elsewhere = memory.Enter(_peers[2], "198.51.100.8", 1, 250);
        memory.Leave(first, 1, 500);
        memory.Leave(second, 1, 250);
        memory.Leave(elsewhere, 1, 250);
        Assert.Equal(0, memory.Peers);
        memory.Enter(_peers[0], "198.51.100.7", 1, 500); // and nothing of what was given back is remembered
        memory.Enter(_peers[1], "198.51.100.7", 1, 250);
    }

    [Fact]
    public void Sessions_of_one_address_are_as_many_as_it_may_have_and_those_of_this_machine_as_many_as_their_peers_may()
    {
        SessionMemory memory = new(new MemoryBudget(1000), Limits with { HostSessions = 3 }, _clock);
        memory.Enter(_peers[0], "198.51.100.7", 2, 1);
        Assert.Throws<MemoryBudgetException>(() => memory.Enter(_peers[1], "198.51.100.7", 2, 1));
        memory.Enter(_peers[1], "198.51.100.7", 1, 1);

        SessionMemory own = new(new MemoryBudget(1000), Limits with { HostSessions = 3 }, _clock);
        Array.ForEach(_peers, peer => own.Enter(peer, HostGroup.Loopback, 2, 300));
        Assert.Equal(6, own.Sessions);
    }

    [Fact]
    public async Task Steps_of_one_address_wait_for_each_other_and_are_in_no_other_s_way()
    {
        SessionMemory memory = new(new MemoryBudget(1000), Limits with { HostStepBytes = 700 }, _clock);
        PeerAccount[] same = [.. _peers.Take(2).Select(peer => memory.Visit(peer, "198.51.100.7"))];
        PeerAccount other = memory.Visit(_peers[2], "198.51.100.8");
        await memory.TakeStepAsync(same[0], 600, CancellationToken.None);
        Task waits = memory.TakeStepAsync(same[1], 200, CancellationToken.None).AsTask();
        await memory.TakeStepAsync(other, 300, CancellationToken.None);
        Assert.False(waits.IsCompleted);
        memory.GiveStep(same[0], 600);
        await waits;
    }

    [Fact]
    public void A_batch_never_shuts_single_sessions_out()
    {
        SessionMemory memory = new(new MemoryBudget(1000), Limits with { Sessions = 100, PeerSessions = 50 }, _clock);
        memory.Enter(_peers[0], null, 100, 10); // a peer's first may be greater
        Assert.Throws<MemoryBudgetException>(() => memory.Enter(_peers[1], null, 2, 1));
        Assert.Equal(1, memory.Enter(_peers[1], null, 1, 1).Sessions);
    }

    [Fact]
    public async Task An_answer_that_nobody_has_asked_for_again_makes_room_for_others_steps()
    {
        PeerAccount account = _memory.Visit(_peers[0], null), other = _memory.Visit(_peers[1], null);
        SessionMemory memory = new(new MemoryBudget(1), new SessionLimits { StepBytes = 1 << 20, PeerStepBytes = 1 << 20 }, _clock);
        AnsweredStep kept = new(account);
        int length = 100_000;
        await memory.TakeStepAsync(account, StepBuffer.PassingBytes(length), CancellationToken.None);
        kept.Take(length);
        kept.Number = 3;
        memory.Offer(kept);
        await memory.TakeStepAsync(other, 500_000, CancellationToken.None);
        Assert.Equal(3, kept.Number);
        await memory.TakeStepAsync(other, 500_000, CancellationToken.None);
        Assert.Equal((0, 0), (kept.Number, kept.Output.Length));
        Assert.Equal(1_000_000, memory.StepBytes);
    }

    [Fact]
    public void Sessions_are_given_up_only_where_what_they_give_back_is_enough()
    {
        MemoryBudget budget = new(1000);
        budget.Take(1000);
        SessionMemory memory = new(budget, Limits, _clock);
        Broken[] sessions = [.. Enumerable.Range(0, 2).Select(i => new Broken(memory.Enter(_peers[i], null, 1, 300), 200))]; // charged for more than they hold
        Array.ForEach(sessions, memory.Add);
        PeerAccount comes = memory.Visit(_peers[2], null);
        Assert.False(memory.TryMakeRoom(comes, 500));
        Assert.DoesNotContain(sessions, session => session.IsGivenUp);
        Assert.True(memory.TryMakeRoom(comes, 400));
        Assert.All(sessions, session => Assert.True(session.IsGivenUp));
    }

    [Fact]
    public void A_refused_request_is_never_in_the_way_of_one_that_fits()
    {
        MemoryBudget budget = new(1000);
        using CancellationTokenSource stop = new();
        Thread greedy = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Throws<MemoryBudgetException>(() => budget.Take(long.MaxValue));
            }
        });
        greedy.Start();
        for (int i = 0; i < 20_000; i++)
        {
            budget.Take(1000);
            budget.Give(1000);
        }

        stop.Cancel();
        greedy.Join();
        Assert.Equal(0, budget.Taken);
    }

    /// <summary>A session whose stream broke.</summary>
    private sealed class Broken(PeerAccount account, long held) : IEvictable
    {
        public PeerAccount Account => account;

        public long CacheBytes => account.CacheBytes;

        public long HeldBytes => held;

        public bool IsDetached => true;

        public long LastUse => 0;

        public bool IsGivenUp { get; private set; }

        public bool TryEvict() => IsGivenUp = true;
    }
}
