using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Whole servers that die, come back, or are cut off, over the in-memory transport: the bytes are those of one process.</summary>
public sealed class ServerReplayTests
{
    private static readonly int[] Prompt = [5, 80, 33, 2, 101];

    public static TheoryData<string> Kinds => ["llama2", "mistral_window", "mixtral", "mamba", "jamba"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Any_server_killed_between_any_two_steps_is_replaced_by_another_one(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        for (int part = 0; part < parts.Count; part++)
        {
            for (int step = 0; step < expected.Count; step++)
            {
                await using ServerSwarm swarm = new(model);
                List<IBlockSpan> spans = [];
                foreach (BlockRange range in (BlockRange[])[.. parts, .. parts])
                {
                    spans.Add(await swarm.AddAsync(range));
                }

                int victim = part, when = step;
                AssertEqual(expected, await WriteAsync(model, SpanChain.Cover(spans, model.All), at => KillAt(at == when, swarm, victim)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_only_server_of_a_block_is_started_again_and_the_text_goes_on(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        for (int part = 0; part < parts.Count; part++)
        {
            await using ServerSwarm swarm = new(model);
            List<IBlockSpan> spans = [await swarm.AddAsync(parts[0]), await swarm.AddAsync(parts[1])];
            int victim = part;
            RecoveryOptions options = new() { Waiting = _ => swarm.Restart(victim) };
            AssertEqual(expected, await WriteAsync(model, SpanChain.Cover(spans, model.All, options), at => KillAt(at == 3, swarm, victim)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_server_killed_in_the_middle_of_three_that_push_is_replaced_by_another_one(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, Math.Min(3, model.All.Count));
        for (int victim = 0; victim < parts.Count; victim++)
        {
            for (int step = 1; step < expected.Count; step++)
            {
                await using ServerSwarm swarm = new(model);
                List<IBlockSpan> spans = [];
                foreach (BlockRange range in (BlockRange[])[.. parts, .. parts])
                {
                    spans.Add(await swarm.AddAsync(range));
                }

                int gone = victim, when = step;
                AssertEqual(expected, await WriteAsync(model, SpanChain.Cover(spans, model.All), at => KillAt(at == when, swarm, gone)));
                Assert.InRange(swarm.Links, parts.Count - 1, 3 * parts.Count); // linked at first, and again around the new one
            }
        }
    }

    [Fact]
    public async Task Streams_that_are_cut_while_servers_push_change_no_byte()
    {
        using TinyModel model = new("jamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        for (int cut = 0; cut < parts.Count; cut++)
        {
            await using ServerSwarm swarm = new(model);
            SpanChain chain = SpanChain.Cover([await swarm.AddAsync(parts[0]), await swarm.AddAsync(parts[1])], model.All);
            int server = cut;
            AssertEqual(expected, await WriteAsync(model, chain, at => CutAt(at is 2 or 4, swarm, server)));
        }
    }

    [Fact]
    public async Task A_pushed_step_that_never_comes_is_sent_by_the_client()
    {
        using TinyModel model = new("llama2");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        await using ServerSwarm swarm = new(model) { LosesPushes = true };
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(parts[0]), await swarm.AddAsync(parts[1])], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        AssertEqual(expected, await WriteAsync(model, chain, _ => { }, session => recoveries = [.. session.Recoveries]));
        Assert.Empty(recoveries);
        Assert.Equal(1, swarm.Links);
    }

    private static void CutAt(bool now, ServerSwarm swarm, int server)
    {
        if (now)
        {
            swarm.Cut(server);
        }
    }

    [Fact]
    public async Task A_connection_that_is_cut_costs_no_token_a_second_time()
    {
        using TinyModel model = new("jamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All), _ => { });
        await using ServerSwarm swarm = new(model);
        SpanChain chain = SpanChain.Cover([await swarm.AddAsync(model.All)], model.All);
        IReadOnlyList<SessionRecovery> recoveries = [];
        List<float[]> written = await WriteAsync(
            model,
            chain,
            at =>
            {
                if (at is 2 or 4)
                {
                    swarm.Cut(0);
                }
            },
            session => recoveries = [.. session.Recoveries]);
        AssertEqual(expected, written);
        Assert.Equal([(RecoveryKind.Attach, 0), (RecoveryKind.Attach, 0)], recoveries.Select(r => (r.Kind, r.ReplayedTokens)));
    }

    private static void KillAt(bool now, ServerSwarm swarm, int victim)
    {
        if (now)
        {
            swarm.Kill(victim);
        }
    }

    private static async Task<List<float[]>> WriteAsync(TinyModel model, IBlockSpan span, Action<int> before, Action<CausalSession>? after = null)
    {
        await using CausalSession session = await model.Over(span).OpenSessionAsync(32, 0, CancellationToken.None);
        List<float[]> logits = [];
        int[] ids = Prompt;
        while (logits.Count < 6)
        {
            before(logits.Count);
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
