using Whorl.Client.Links;
using Whorl.Client.Sessions;
using Whorl.Models;

namespace Whorl.Client.Tests.Sessions;

/// <summary>Sessions over several links: a step is taken by all of them or by none.</summary>
public sealed class LiveSessionTests
{
    [Fact]
    public async Task A_step_that_a_later_link_refuses_loses_the_session_instead_of_leaving_the_first_ahead()
    {
        TestLink first = new("a"), second = new("b");
        LiveSession session = Of(first, second);
        await StepAsync(session, new BlockStep { Rows = 1 });
        second.Fails = new ArgumentException("it does not fit");
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, new BlockStep { Rows = 1 }));
        Assert.Equal("b", lost.Server);
        second.Fails = null;
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, new BlockStep { Rows = 1 }));
        Assert.Equal((2, 1), (first.Steps.Count, second.Steps.Count));
    }

    [Fact]
    public async Task A_step_that_the_first_link_refuses_changes_nothing()
    {
        TestLink first = new("a"), second = new("b");
        LiveSession session = Of(first, second);
        first.Fails = new ArgumentException("it does not fit");
        await Assert.ThrowsAsync<ArgumentException>(() => StepAsync(session, new BlockStep { Rows = 1 }));
        first.Fails = null;
        await StepAsync(session, new BlockStep { Rows = 1 });
        Assert.Single(second.Steps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_step_that_is_given_up_on_the_way_loses_the_session(int link)
    {
        TestLink[] links = [new("a"), new("b")];
        LiveSession session = Of(links);
        links[link].Fails = new OperationCanceledException();
        await Assert.ThrowsAsync<OperationCanceledException>(() => StepAsync(session, new BlockStep { Rows = 1 }));
        links[link].Fails = null;
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, new BlockStep { Rows = 1 }));
    }

    [Fact]
    public async Task What_one_link_cannot_is_refused_before_any_has_computed_and_the_session_goes_on()
    {
        TestLink first = new("a"), second = new("b") { Abilities = SpanAbilities.Truncate };
        LiveSession session = Of(first, second);
        Assert.Equal(SpanAbilities.Truncate, session.Abilities);
        foreach (BlockStep step in (BlockStep[])
            [
                new() { Rows = 2, IsScratch = true, Parents = new[] { -1, -1 } },
                new() { Rows = 1, EveryBlock = true },
                new() { Rows = 1, PromptRows = 1, Prompts = new float[4] },
            ])
        {
            NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => StepAsync(session, step));
            Assert.StartsWith("server b ", error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(first.Steps);
        await StepAsync(session, new BlockStep { Rows = 2, IsScratch = true, Parents = new[] { 4, 5 } });
        Assert.Single(second.Steps);
    }

    [Fact]
    public async Task A_step_reaches_every_link_whole_and_each_gets_the_prompts_of_its_blocks()
    {
        TestLink first = new("a", blocks: 1), second = new("b", blocks: 2);
        LiveSession session = Of(first, second);
        BlockStep step = new()
        {
            Shape = new StepShape
            {
                Rows = 2,
                Number = 7,
                Position = 3,
                EveryBlock = true,
                HasVerdict = true,
                Keep = new[] { 0, 1 },
                IsScratch = true,
                Parents = new[] { -1, 0 },
                PromptRows = 1,
            },
            Prompts = new float[] { 1, 2, 3, 4, 5, 6 },
        };
        await StepAsync(session, step);
        Assert.Equal((step.Shape, step.Shape), (first.Steps[0].Shape, second.Steps[0].Shape));
        Assert.Equal([1f, 2f], first.Steps[0].Prompts);
        Assert.Equal([3f, 4f, 5f, 6f], second.Steps[0].Prompts);
    }

    private static LiveSession Of(params TestLink[] links) => new(
        [.. links.Select(l => new SessionLink(l, l.Holders[0].Range))],
        2,
        new SpanContract("model", Tensors.ActivationFormat.F32, BoundaryFormat.F32),
        new BlockSessionOptions(new BlockRange(0, 1), 100));

    private static async Task StepAsync(LiveSession session, BlockStep step)
    {
        step.Input = new float[step.Rows * 2];
        step.Output = new float[(step.EveryBlock ? session.Holders.Sum(h => h.Range.Count) : 1) * step.Rows * 2];
        await session.StepAsync(step, CancellationToken.None);
    }

    private sealed class TestLink(string name, int blocks = 1) : ILink
    {
        public IReadOnlyList<BlockHolder> Holders { get; } = [new BlockHolder(name, new BlockRange(0, blocks - 1))];

        public int Committed => 0;

        public SpanAbilities Abilities { get; init; } = SpanAbilities.All;

        public Exception? Fails { get; set; }

        public List<(StepShape Shape, float[] Prompts)> Steps { get; } = [];

        public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken)
        {
            if (Fails is not null)
            {
                throw Fails;
            }

            Steps.Add((step.Shape, step.Prompts.ToArray()));
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
