using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Client;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>What sessions that begin alike share, and that it changes no byte.</summary>
public sealed class PrefixTests : IDisposable
{
    private readonly InMemoryNetwork _network = new();
    private readonly PeerId _peer, _other;

    public PrefixTests() => (_peer, _other) = (_network.AddHost().Id, _network.AddHost().Id);

    public void Dispose() => GC.KeepAlive(_network);

    [ReferenceTheory("golden/models")]
    [InlineData("llama3", true)]
    [InlineData("gemma2", true)]
    [InlineData("bloom", true)]
    [InlineData("deepseek_v2", true)]
    [InlineData("mixtral", true)]
    [InlineData("gpt_oss", true)]
    [InlineData("phi3_longrope", true)]
    [InlineData("falcon_mamba", false)]
    [InlineData("jamba", false)]
    [InlineData("rwkv7", false)]
    public async Task A_text_that_begins_as_another_one_did_gets_the_bytes_it_gets_alone(string family, bool isKept)
    {
        using Held held = new(family);
        (int Rows, int Seed)[][] texts =
        [
            [(600, 1), (1, 2), (1, 3)],
            [(256, 0), (344, 0), (3, 4)], // of the same rows, in other chunks
            [(512, 0), (88, 0), (1, 2), (40, 5)],
            [(100, 0), (500, 0), (1, 2)], // no chunk begins where a page does: nothing is found
        ];
        long[] hits = [0, 2, 2, 0];
        BlockStep whole = held.Step(600, 1);
        foreach (((int Rows, int Seed)[] text, long expected) in texts.Zip(hits))
        {
            long before = held.Span.Prefixes!.Hits;
            float[] alone = await ComputeAsync(null, text), together = await ComputeAsync(_peer, text);
            Assert.Equal(alone, together);
            Assert.Equal(isKept ? expected : 0, held.Span.Prefixes.Hits - before);
        }

        Assert.Equal(isKept ? 2 : 0, held.Span.Prefixes!.Count);
        held.Span.Prefixes.Clear();
        Assert.Equal((0L, 0L), (held.Span.Budget.Taken, held.Span.Budget.Spare));

        async Task<float[]> ComputeAsync(PeerId? owner, (int Rows, int Seed)[] text)
        {
            await using HostedSession session = await held.OpenAsync(owner, 700);
            List<float> outputs = [];
            int done = 0;
            foreach ((int rows, int seed) in text)
            {
                BlockStep step = seed == 0 ? held.Part(whole, done, rows) : held.Step(rows, seed);
                await session.StepAsync(step, CancellationToken.None);
                session.KeepPrefix();
                outputs.AddRange(step.Output.ToArray());
                done += rows;
            }

            return [.. outputs];
        }
    }

    [Fact]
    public async Task What_was_decoded_is_found_by_who_sends_it_at_once()
    {
        using Held held = new();
        BlockStep whole = held.Step(600, 1);
        await using (HostedSession session = await held.OpenAsync(_peer, 700))
        {
            for (int row = 0; row < 600; row += row == 0 ? 250 : 1)
            {
                await Held.StepAsync(session, held.Part(whole, row, row == 0 ? 250 : 1));
            }
        }

        await using HostedSession again = await held.OpenAsync(_peer, 700);
        BlockStep step = held.Step(600, 1);
        await Held.StepAsync(again, step);
        Assert.Equal(2, held.Span.Prefixes!.Hits);
        Assert.Equal(held.Alone(whole), step.Output.ToArray());
        Assert.Equal(600, again.Cache.Committed);
    }

    [Fact]
    public async Task Trees_go_on_from_pages_that_were_found_as_from_computed_ones()
    {
        using Held held = new();
        float[]? first = null;
        foreach (PeerId? owner in new[] { null, _peer, _peer })
        {
            await using HostedSession session = await held.OpenAsync(owner, 700);
            List<float> outputs = [];
            BlockStep prompt = held.Step(512, 1), tree = held.Step(3, 2), next = held.Step(2, 3);
            (tree.IsScratch, tree.Parents) = (true, new[] { -1, 0, 0 });
            (next.HasVerdict, next.Keep) = (true, new[] { 0, 2 });
            foreach (BlockStep step in (BlockStep[])[prompt, tree, next])
            {
                await Held.StepAsync(session, step);
                outputs.AddRange(step.Output.ToArray());
            }

            first ??= [.. outputs];
            Assert.Equal(first, outputs);
            Assert.Equal(516, session.Cache.Committed);
        }

        Assert.Equal(2, held.Span.Prefixes!.Hits);
    }

    [Fact]
    public async Task Only_a_peer_itself_finds_its_texts_unless_both_give_the_same_scope()
    {
        using Held held = new();
        byte[] scope = [1, 2, 3];
        (PeerId Owner, byte[] Scope, long Hits)[] sessions =
            [(_peer, [], 0), (_other, [], 0), (_peer, scope, 0), (_other, scope, 1), (_other, [9], 0), (_peer, [], 1)];
        foreach ((PeerId owner, byte[] given, long hits) in sessions)
        {
            long before = held.Span.Prefixes!.Hits;
            await using HostedSession session = await held.OpenAsync(owner, 300, given);
            await Held.StepAsync(session, held.Step(256, 1));
            Assert.Equal(hits, held.Span.Prefixes.Hits - before);
        }
    }

    [Fact]
    public async Task Other_deep_prompts_make_another_text()
    {
        using Held held = new();
        long[] hits = [0, 0, 1, 0];
        foreach ((int prompts, int index) in new[] { 5, 6, 5, 0 }.Select((prompts, index) => (prompts, index)))
        {
            BlockStep Prompted()
            {
                BlockStep step = held.Step(300, 1);
                (step.PromptRows, step.Prompts) = prompts == 0 ? (0, default) : (2, held.Step(2 * held.Span.Range.Count, prompts).Input);
                return step;
            }

            long before = held.Span.Prefixes!.Hits;
            await using HostedSession session = await held.OpenAsync(_peer, 300);
            BlockStep step = Prompted();
            await Held.StepAsync(session, step);
            Assert.Equal(hits[index], held.Span.Prefixes.Hits - before);
            Assert.Equal(held.Alone(Prompted()), step.Output.ToArray());
        }
    }

    [ReferenceFact("golden/models")]
    public async Task Sessions_whose_length_changes_their_angles_share_nothing()
    {
        using Held held = new("llama_dynamic_ntk");
        int[] lengths = [300, 300, 100_000];
        long[] hits = [0, 1, 1];
        foreach ((int length, long hit) in lengths.Zip(hits))
        {
            await using HostedSession session = await held.OpenAsync(_peer, length);
            BlockStep step = held.Step(256, 1);
            await Held.StepAsync(session, step);
            Assert.Equal(hit, held.Span.Prefixes!.Hits);
            Assert.Equal(held.Alone(held.Step(256, 1), length), step.Output.ToArray());
        }
    }

    [Fact]
    public async Task Who_goes_back_into_a_shared_page_writes_to_one_of_its_own()
    {
        using Held held = new();
        BlockStep whole = held.Step(512, 1);
        float[] expected = held.Alone(whole);
        for (int round = 0; round < 3; round++)
        {
            await using HostedSession session = await held.OpenAsync(_peer, 600);
            BlockStep step = held.Step(512, 1);
            await Held.StepAsync(session, step);
            Assert.Equal(expected, step.Output.ToArray());
            session.Cache.Truncate(100);
            await Held.StepAsync(session, held.Step(300, 7 + round)); // over the shared pages
        }

        Assert.Equal(4, held.Span.Prefixes!.Hits);
    }

    [Fact]
    public async Task Sessions_come_before_beginnings_of_texts_of_which_the_longest_unused_goes_first()
    {
        using Held probe = new();
        await using (HostedSession session = await probe.OpenAsync(_peer, 256))
        {
            await Held.StepAsync(session, probe.Step(256, 1));
        }

        long page = probe.Span.Budget.Spare, cache = probe.Span.SessionBytes(new BlockSessionOptions(probe.Span.Range, 256, 8));
        Assert.True(page > 0);
        using Held held = new(budget: 40 * page);
        held.Span.Budget.Take((40 * page) - cache - (2 * page) - (page / 2));
        foreach (int seed in new[] { 1, 2, 1, 3 }) // two find place beside a session, so 2 has to go for 3
        {
            await ComputeAsync(seed);
        }

        Assert.Equal((2, 1L), (held.Span.Prefixes!.Count, held.Span.Prefixes.Hits));
        await ComputeAsync(1);
        await ComputeAsync(3);
        Assert.Equal(3, held.Span.Prefixes.Hits);
        await ComputeAsync(2);
        Assert.Equal(3, held.Span.Prefixes.Hits);

        HostedSession[] many = [await held.OpenAsync(_peer, 256), await held.OpenAsync(_other, 256)];
        Assert.True(held.Span.Budget.Taken + held.Span.Budget.Spare <= held.Span.Budget.Bytes);
        Assert.True(held.Span.Prefixes.Count < 2);
        foreach (HostedSession session in many)
        {
            await session.DisposeAsync();
        }

        async Task ComputeAsync(int seed)
        {
            await using HostedSession session = await held.OpenAsync(_peer, 256);
            await Held.StepAsync(session, held.Step(256, seed));
            Assert.True(held.Span.Budget.Taken + held.Span.Budget.Spare <= held.Span.Budget.Bytes);
        }
    }

    [Fact]
    public async Task One_peer_s_texts_take_no_more_than_its_share()
    {
        using Held probe = new();
        await using (HostedSession session = await probe.OpenAsync(_peer, 256))
        {
            await Held.StepAsync(session, probe.Step(256, 1));
        }

        long page = probe.Span.Budget.Spare;
        using Held held = new(budget: 10 * page); // of which a half is a peer's
        await using (HostedSession session = await held.OpenAsync(_other, 256))
        {
            await Held.StepAsync(session, held.Step(256, 99));
        }

        for (int seed = 1; seed < 9; seed++)
        {
            await using HostedSession session = await held.OpenAsync(_peer, 256);
            await Held.StepAsync(session, held.Step(256, seed));
        }

        Assert.Equal(6, held.Span.Prefixes!.Count); // five of the one, and the other's
    }

    [Fact]
    public async Task A_client_that_comes_again_finds_what_it_had_computed_over_the_wire_too()
    {
        using Held held = new();
        await using IPeerHost serverHost = _network.AddHost();
        await using IPeerHost client = _network.AddHost();
        await using SpanServer server = new(held.Span, NullLogger.Instance);
        server.Listen(serverHost);
        BlockStep first = held.Step(600, 1), second = held.Step(600, 1);
        foreach (BlockStep step in (BlockStep[])[first, second])
        {
            RemoteSpan remote = await RemoteSpan.ConnectAsync(client, new PeerAddress(serverHost.Id), "server", TimeProvider.System, CancellationToken.None);
            await using IBlockSession session = await remote.OpenAsync(new BlockSessionOptions(held.Span.Range, 700), CancellationToken.None);
            await session.StepAsync(step, CancellationToken.None);
        }

        Assert.Equal(held.Alone(held.Step(600, 1)), first.Output.ToArray());
        Assert.Equal(first.Output.ToArray(), second.Output.ToArray());
        Assert.Equal(2, held.Span.Prefixes!.Hits);
    }

    [Fact]
    public async Task A_token_s_step_of_a_session_that_keeps_its_beginning_allocates_nothing()
    {
        using Held held = new();
        await using HostedSession session = await held.OpenAsync(_peer, 2000);
        BlockStep token = held.Step(1, 1);
        for (int warm = 0; warm < 300; warm++)
        {
            await Held.StepAsync(session, token);
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(0, await Allocated.ByAsync(() =>
            {
                ValueTask step = session.StepAsync(token, CancellationToken.None);
                session.KeepPrefix();
                return step;
            }));
        }
    }

    /// <summary>Blocks that keep beginnings of texts.</summary>
    private sealed class Held : IDisposable
    {
        private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        private readonly ModelSource _source;
        private readonly DecoderSpan _blocks;

        public Held(string? family = null, long budget = 1L << 33)
        {
            _source = ModelSource.Open(family is null ? Path.Combine(ReferenceData.Checkout, "models", "bard") : ReferenceData.PathOf("golden", "models", family));
            _blocks = DecoderSpan.Load(_source, new BlockRange(0, 1), _backend);
            Span = new HostedSpan(_blocks, new MemoryBudget(budget), "held", TimeProvider.System);
        }

        public HostedSpan Span { get; }

        public async Task<HostedSession> OpenAsync(PeerId? owner, int length, byte[]? scope = null)
        {
            HostedSession session = await Span.OpenAsync(new BlockSessionOptions(Span.Range, length, 8), owner, null, CancellationToken.None);
            session.UsePrefixes(scope);
            return session;
        }

        public static async Task StepAsync(HostedSession session, BlockStep step)
        {
            await session.StepAsync(step, CancellationToken.None);
            session.KeepPrefix();
        }

        public BlockStep Step(int rows, int seed)
        {
            Random random = new(seed);
            float[] input = [.. Enumerable.Range(0, rows * Span.BoundarySize).Select(_ => (float)((random.NextDouble() * 2) - 1))];
            return new BlockStep { Rows = rows, Input = input, Output = new float[input.Length] };
        }

        public BlockStep Part(BlockStep whole, int first, int rows) => new()
        {
            Rows = rows,
            Input = whole.Input.Slice(first * Span.BoundarySize, rows * Span.BoundarySize),
            Output = new float[rows * Span.BoundarySize],
        };

        public float[] Alone(BlockStep step, int length = 700)
        {
            using SessionCache cache = _blocks.Open(new BlockSessionOptions(Span.Range, length));
            float[] output = new float[step.Output.Length];
            step.Output = output;
            _blocks.Forward([cache], [step]);
            return output;
        }

        public void Dispose()
        {
            Span.Prefixes?.Clear();
            _blocks.Dispose();
            _source.Dispose();
            _backend.Dispose();
        }
    }
}
