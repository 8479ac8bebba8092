using Whorl.Kernels.Cpu;

namespace Whorl.Models.Tests;

/// <summary>
/// A backend that fails at any of a step's operations leaves a session as it was, or one that takes no more steps: never one that goes on
/// with other bytes.
/// </summary>
public sealed class FailedStepTests : IDisposable
{
    private const int Length = 16;
    private static readonly int[] Nodes = [7, 1, 2];
    private static readonly int[] Parents = [-1, 0, -1];
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1 });

    /// <summary>Attention, latent attention, experts, side values, and the recurrences.</summary>
    public static TheoryData<string> Models => ["llama3", "deepseek_v2", "mixtral", "mamba", "rwkv7", "jamba", "zamba2"];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_plain_step_that_fails_anywhere_has_not_been_taken(string name) => Check(name, isTree: false, hasVerdict: false);

    [Theory]
    [MemberData(nameof(Models))]
    public void A_tree_that_fails_anywhere_has_not_been_taken(string name) => Check(name, isTree: true, hasVerdict: false);

    [Theory]
    [MemberData(nameof(Models))]
    public void A_step_with_a_verdict_that_fails_anywhere_has_not_been_taken(string name) => Check(name, isTree: false, hasVerdict: true);

    [Fact]
    public void Of_sessions_that_are_computed_together_none_goes_on_where_one_operation_fails()
    {
        using ModelSource source = ModelSource.Open(GoldenCase.Of("llama3").Folder);
        ThrowingBackend failing = new(_backend);
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), failing);
        using SessionCache one = Open(span), other = Open(span);
        BlockStep[] steps = [Step(span, [1, 2]), Step(span, [3, 4, 5])];
        failing.FailAt(20);
        Assert.Throws<InsufficientMemoryException>(() => span.Forward([one, other], steps));
        Assert.Equal((0, 0), (one.Committed, other.Committed));
        failing.Recover();
        span.Forward([one, other], steps);
        Assert.Equal((2, 3), (one.Committed, other.Committed));
    }

    public void Dispose() => _backend.Dispose();

    private void Check(string name, bool isTree, bool hasVerdict)
    {
        using ModelSource source = ModelSource.Open(GoldenCase.Of(name).Folder);
        ThrowingBackend failing = new(_backend);
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), failing);
        using SessionCache untouched = Begin(span, hasVerdict);
        BlockStep expected = Take(span, untouched, isTree, hasVerdict);
        SessionCache session = Begin(span, hasVerdict);
        for (int operation = 0; ; operation++)
        {
            (int committed, int[] scratch) = (session.Committed, session.Parents.ToArray());
            failing.FailAt(operation);
            try
            {
                BlockStep taken = Take(span, session, isTree, hasVerdict);
                failing.Recover();
                Assert.True(operation > 10, "the step has more operations than that");
                Assert.Equal(expected.Output.ToArray(), taken.Output.ToArray());
                Assert.Equal(untouched.Committed, session.Committed);
                Assert.Equal(untouched.Parents, session.Parents);
                break;
            }
            catch (InsufficientMemoryException)
            {
                failing.Recover();
            }

            if (hasVerdict || session.Blocks.Any(block => block.States.Count > 0))
            {
                Assert.Throws<InvalidOperationException>(() => Take(span, session, isTree, hasVerdict));
                session.Dispose();
                session = Begin(span, hasVerdict);
                continue;
            }

            Assert.Equal(committed, session.Committed);
            Assert.Equal(scratch, session.Parents);
        }

        session.Dispose();
    }

    private static SessionCache Open(DecoderSpan span) => span.Open(new BlockSessionOptions(span.Range, Length, MaxScratch: 6));

    private static SessionCache Begin(DecoderSpan span, bool withTree)
    {
        SessionCache session = Open(span);
        span.Forward([session], [Step(span, [5, 9, 2, 6])]);
        if (withTree)
        {
            BlockStep tree = Step(span, Nodes);
            (tree.IsScratch, tree.Parents) = (true, Parents);
            span.Forward([session], [tree]);
        }

        return session;
    }

    private static BlockStep Take(DecoderSpan span, SessionCache session, bool isTree, bool hasVerdict)
    {
        BlockStep step = Step(span, Nodes);
        (step.IsScratch, step.Parents) = (isTree, isTree ? Parents : default);
        (step.HasVerdict, step.Keep) = (hasVerdict, hasVerdict ? new[] { 0, 1 } : default);
        span.Forward([session], [step]);
        return step;
    }

    /// <summary>A step whose rows are told by numbers of their own, whatever the model would embed.</summary>
    private static BlockStep Step(DecoderSpan span, int[] seeds)
    {
        float[] input = new float[seeds.Length * span.BoundarySize];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = new Random(seeds[i / span.BoundarySize] + (1000 * (i % span.BoundarySize))).NextSingle() - 0.5f;
        }

        return new BlockStep { Rows = seeds.Length, Input = input, Output = new float[input.Length] };
    }
}
