using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.Protocol;
using Whorl.Tensors;

namespace Whorl.Client.Tests.Sessions;

/// <summary>Servers that are named: any that holds a block may stand in for another.</summary>
public sealed class SpanChainTests
{
    private static readonly BlockRange All = new(0, 3);
    private static readonly RecoveryOptions AtOnce = new() { Wait = TimeSpan.Zero };

    [Fact]
    public async Task A_span_that_is_gone_is_left_out_where_others_hold_its_blocks()
    {
        TestSpan dead = new(0, 3) { Fails = new IOException("gone") }, first = new(0, 1), second = new(2, 3);
        SpanChain chain = SpanChain.Cover([dead, first, second], All);
        await using (await OpenAsync(chain))
        {
            Assert.Equal((1, 1, 1), (dead.Opened, first.Opened, second.Opened));
        }

        await using (await OpenAsync(chain))
        {
            Assert.Equal((1, 2, 2), (dead.Opened, first.Opened, second.Opened)); // it is not asked again while the others do
        }
    }

    [Fact]
    public async Task Sessions_opened_on_the_way_to_a_failure_are_closed()
    {
        TestSpan first = new(0, 1), dead = new(2, 3) { Fails = new IOException("gone") };
        SpanChain chain = SpanChain.Cover([first, dead], All, AtOnce);
        NoRouteException error = await Assert.ThrowsAsync<NoRouteException>(() => OpenAsync(chain));
        Assert.Equal("nobody came within 0 s who computes blocks 2..3: gone", error.Message);
        Assert.Equal(1, first.Opened);
        Assert.Equal((0, 0), (first.Open, dead.Open));
    }

    [Fact]
    public async Task A_span_that_comes_back_is_asked_again_where_nobody_else_holds_its_blocks()
    {
        TestSpan only = new(0, 3) { Fails = new IOException("gone") };
        SpanChain chain = SpanChain.Cover([only], All, AtOnce);
        await Assert.ThrowsAsync<NoRouteException>(() => OpenAsync(chain));
        int before = only.Opened;
        only.Fails = null;
        await using IBlockSession session = await OpenAsync(chain);
        Assert.Equal(before + 1, only.Opened);
    }

    [Fact]
    public async Task A_session_whose_sole_holder_fails_once_is_opened_there_at_once()
    {
        TestSpan first = new(0, 1), only = new(2, 3) { FailsOnce = new IOException("Connection reset by peer") };
        List<string> told = [];
        SpanChain chain = SpanChain.Cover([first, only], All, new RecoveryOptions { Waiting = told.Add });
        await using IBlockSession session = await OpenAsync(chain);
        Assert.Equal((2, 1, 1), (only.Opened, only.Open, first.Open));
        Assert.Empty(told);
    }

    [Fact]
    public async Task A_session_whose_sole_holder_is_away_waits_for_it_and_keeps_nobody_s_memory_meanwhile()
    {
        TestSpan first = new(0, 1), away = new(2, 3) { Fails = new IOException("gone") };
        List<string> told = [];
        RecoveryOptions waiting = new()
        {
            Waiting = line =>
            {
                told.Add(line);
                Assert.Equal(0, first.Open);
                away.Fails = null;
            },
        };
        await using IBlockSession session = await OpenAsync(SpanChain.Cover([first, away], All, waiting));
        Assert.StartsWith("nobody holds blocks 2..3 at present; waiting until ", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal((1, 1), (first.Open, away.Open));
    }

    [Fact]
    public async Task Blocks_that_nobody_gives_when_a_session_is_opened_are_computed_here_where_they_may()
    {
        TestSpan first = new(0, 1), dead = new(2, 3) { Fails = new IOException("gone") }, here = new(2, 3);
        RecoveryOptions local = new() { LoadHere = (range, _) => Task.FromResult<IBlockSpan?>(range == here.Range ? here : null) };
        await using IBlockSession session = await OpenAsync(SpanChain.Cover([first, dead], All, local));
        Assert.Equal((1, 0, 1), (first.Open, dead.Open, here.Open));
    }

    [Theory]
    [InlineData(SpanFailureCode.BadRequest)]
    [InlineData(SpanFailureCode.OutOfMemory)]
    public async Task A_session_that_the_sole_holder_refuses_ends_with_its_words_and_is_not_waited_for(SpanFailureCode code)
    {
        TestSpan first = new(0, 1), only = new(2, 3) { Fails = new SpanRefusedException("only", new BlockRange(2, 3), code, "too long") };
        SpanChain chain = SpanChain.Cover([first, only], All);
        SpanRefusedException error = await Assert.ThrowsAsync<SpanRefusedException>(() => OpenAsync(chain));
        Assert.Equal(code, error.Code);
        Assert.Equal(0, first.Open);
    }

    [Fact]
    public async Task A_sole_holder_that_leaves_is_waited_for_as_it_may_come_back()
    {
        TestSpan only = new(0, 3) { Fails = new SpanRefusedException("only", All, SpanFailureCode.Leaving, "this server leaves") };
        SpanChain chain = SpanChain.Cover([only], All, new RecoveryOptions { Waiting = _ => only.Fails = null });
        await using IBlockSession session = await OpenAsync(chain);
        Assert.Equal(1, only.Open);
    }

    [Fact]
    public async Task What_is_no_server_s_failure_is_told_at_once()
    {
        TestSpan first = new(0, 3) { Fails = new ArgumentException("too long") }, other = new(0, 3);
        SpanChain chain = SpanChain.Cover([first, other], All);
        await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(chain));
        Assert.Equal(0, other.Opened);
    }

    [Fact]
    public void Spans_whose_weights_of_a_block_differ_are_no_chain()
    {
        TestSpan one = new(0, 2) { Contract = Holding((0, 10), (1, 11), (2, 12)) }, equal = new(2, 3) { Contract = Holding((2, 12), (3, 13)) };
        Assert.Equal([0, 1, 2, 3], SpanChain.Cover([one, equal], All).Contract.Blocks.Keys);
        TestSpan other = new(2, 3) { Contract = Holding((2, 99), (3, 13)) };
        NoRouteException error = Assert.Throws<NoRouteException>(() => SpanChain.Cover([one, other], All));
        Assert.Contains($"one says 'block 2 {12:x32}', another 'block 2 {99:x32}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_contradicts_what_servers_of_the_model_have_said_is_left_out()
    {
        ContractAgreement agreement = new();
        Assert.Throws<InvalidOperationException>(() => agreement.Contract);
        TestSpan first = new(0, 1) { Contract = Holding((0, 10), (1, 11)) }, second = new(1, 3) { Contract = Holding((1, 11), (2, 12), (3, 13)) };
        Assert.Same(first, agreement.Require(first, "first"));
        agreement.Require(second, "second");
        SpanRefusedException refused = Assert.Throws<SpanRefusedException>(() => agreement.Require(new TestSpan(3, 3) { Contract = Holding((3, 0)) }, "third"));
        Assert.Contains("third", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SpanRefusedException>(() => agreement.Require(new TestSpan(4, 4) { Contract = Holding() with { Boundary = BoundaryFormat.BF16 } }, "fourth"));
        agreement.Require(second, "second");
        Assert.Equal([0, 1, 2, 3], agreement.Contract.Blocks.Keys);
    }

    private static SpanContract Holding(params (int Block, UInt128 Digest)[] blocks) =>
        new("model", ActivationFormat.Q8, BoundaryFormat.F32) { Blocks = blocks.ToDictionary(b => b.Block, b => b.Digest) };

    private static Task<IBlockSession> OpenAsync(SpanChain chain) => chain.OpenAsync(new BlockSessionOptions(All, 8), CancellationToken.None).AsTask();

    private sealed class TestSpan(int first, int last) : IBlockSpan
    {
        public Exception? Fails { get; set; }

        public Exception? FailsOnce { get; set; }

        public int Opened { get; private set; }

        public int Open { get; private set; }

        public BlockRange Range { get; } = new(first, last);

        public int BoundarySize => 2;

        public SpanContract Contract { get; init; } = Holding();

        public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
        {
            Opened++;
            await Task.Yield();
            Exception? fails = Fails ?? FailsOnce;
            FailsOnce = null;
            if (fails is not null)
            {
                throw fails;
            }

            Open++;
            return new Session(this);
        }

        private sealed class Session(TestSpan span) : IBlockSession
        {
            public IReadOnlyList<BlockHolder> Holders => [];

            public ValueTask StepAsync(BlockStep step, CancellationToken cancellationToken) => ValueTask.CompletedTask;

            public ValueTask DisposeAsync()
            {
                span.Open--;
                return ValueTask.CompletedTask;
            }
        }
    }
}
