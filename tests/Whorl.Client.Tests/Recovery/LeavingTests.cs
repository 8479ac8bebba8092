using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Servers that leave in the middle of a text: the bytes are those of one process.</summary>
public sealed class LeavingTests
{
    private static readonly int[] Prompt = [5, 80, 33, 2, 101];

    public static TheoryData<string> Kinds => ["llama2", "mistral_window", "mixtral", "mamba", "jamba"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_server_that_leaves_hands_its_session_over_and_nothing_is_computed_again(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        for (int part = 0; part < parts.Count; part++)
        {
            for (int step = 1; step < expected.Count; step++)
            {
                await using ServerSwarm swarm = new(model);
                SpanChain chain = await DoubledAsync(swarm, model, parts);
                int leaving = part, when = step;
                IReadOnlyList<SessionRecovery> recoveries = [];
                List<float[]> written = await WriteAsync(
                    model,
                    chain,
                    async at =>
                    {
                        if (at == when)
                        {
                            Assert.Equal((1, 0), await swarm.LeaveAsync(leaving, [leaving + parts.Count]));
                        }
                    },
                    session => recoveries = [.. session.Recoveries]);
                AssertEqual(expected, written);
                Assert.Equal([(RecoveryKind.Moved, 0)], recoveries.Select(r => (r.Kind, r.ReplayedTokens)));
            }
        }
    }

    [Fact]
    public async Task A_session_that_was_handed_over_is_handed_on()
    {
        using TinyModel model = new("jamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All), await swarm.AddAsync(model.All), await swarm.AddAsync(model.All)], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        List<float[]> written = await WriteAsync(
            model,
            chain,
            at => at is 2 or 4 ? swarm.LeaveAsync((at / 2) - 1, [at / 2]) : Task.CompletedTask,
            session => recoveries = [.. session.Recoveries]);
        AssertEqual(expected, written);
        Assert.Equal([(RecoveryKind.Moved, 0), (RecoveryKind.Moved, 0)], recoveries.Select(r => (r.Kind, r.ReplayedTokens)));
    }

    [Fact]
    public async Task A_session_that_nobody_has_asked_for_yet_is_handed_on_too()
    {
        using TinyModel model = new("llama2");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All), await swarm.AddAsync(model.All), await swarm.AddAsync(model.All)], model.All);
        List<float[]> written = await WriteAsync(model, chain, async at =>
        {
            if (at == 3)
            {
                Assert.Equal((1, 0), await swarm.LeaveAsync(0, [1]));
                Assert.Equal((0, 0), await swarm.LeaveAsync(1, [2])); // its client has no stream there to be told by: it computes its tokens again
            }
        });
        AssertEqual(expected, written);
    }

    [Fact]
    public async Task Servers_that_send_to_each_other_go_on_with_the_successor()
    {
        using TinyModel model = new("jamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 3);
        for (int leaving = 0; leaving < parts.Count; leaving++)
        {
            await using ServerSwarm swarm = new(model);
            SpanChain chain = await DoubledAsync(swarm, model, parts);
            int server = leaving, before = 0;
            AssertEqual(expected, await WriteAsync(model, chain, async at =>
            {
                if (at == 3)
                {
                    before = swarm.Links;
                    await swarm.LeaveAsync(server, [server + parts.Count]);
                }
            }));
            Assert.Equal((2, server == 1 ? 4 : 3), (before, swarm.Links)); // linked anew around the successor
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_a_replay_is_faster_or_nobody_takes_the_session_its_client_computes_it_elsewhere(bool knowsSuccessor)
    {
        using TinyModel model = new("llama2");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All), await swarm.AddAsync(model.All)], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        List<float[]> written = await WriteAsync(
            model,
            chain,
            at => at == 3 ? swarm.LeaveAsync(0, knowsSuccessor ? [1] : [], moves: false) : Task.CompletedTask,
            session => recoveries = [.. session.Recoveries]);
        AssertEqual(expected, written);
        Assert.Equal(RecoveryKind.Replace, Assert.Single(recoveries).Kind);
    }

    [Fact]
    public async Task A_server_that_leaves_and_has_no_successor_is_used_until_it_is_gone()
    {
        using TinyModel model = new("llama2");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All)], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        AssertEqual(expected, await WriteAsync(
            model, chain, at => at == 2 ? swarm.LeaveAsync(0, []) : Task.CompletedTask, session => recoveries = [.. session.Recoveries]));
        Assert.Empty(recoveries);
    }

    [Fact]
    public async Task A_successor_that_dies_before_its_client_comes_is_replaced()
    {
        using TinyModel model = new("mamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => Task.CompletedTask);
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All), await swarm.AddAsync(model.All), await swarm.AddAsync(model.All)], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        List<float[]> written = await WriteAsync(
            model,
            chain,
            async at =>
            {
                if (at == 3)
                {
                    await swarm.LeaveAsync(0, [1]);
                    swarm.Kill(1);
                }
            },
            session => recoveries = [.. session.Recoveries]);
        AssertEqual(expected, written);
        Assert.Equal(RecoveryKind.Replace, Assert.Single(recoveries).Kind);
    }

    private static async Task<SpanChain> DoubledAsync(ServerSwarm swarm, TinyModel model, IReadOnlyList<BlockRange> parts)
    {
        List<IBlockSpan> spans = [];
        foreach (BlockRange range in (BlockRange[])[.. parts, .. parts])
        {
            spans.Add(await swarm.AddAsync(range));
        }

        return SpanChain.Cover(spans, model.All);
    }

    private static async Task<List<float[]>> WriteAsync(TinyModel model, IBlockSpan span, Func<int, Task> before, Action<CausalSession>? after = null)
    {
        await using CausalSession session = await model.Over(span).OpenSessionAsync(32, 0, CancellationToken.None);
        List<float[]> logits = [];
        int[] ids = Prompt;
        while (logits.Count < 6)
        {
            await before(logits.Count);
            float[] row = new float[model.Ends.VocabularySize];
            await session.StepAsync(new CausalStep { Ids = ids, Logits = row }, CancellationToken.None);
            logits.Add(row);
            ids = [Array.IndexOf(row, row.Max())];
        }

        after?.Invoke(session);
        return logits;
    }

    private static void AssertEqual(List<float[]> expected, List<float[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].AsSpan().SequenceEqual(actual[i]), $"step {i + 1} differs");
        }
    }
}
