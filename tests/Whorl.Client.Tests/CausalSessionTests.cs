using System.Runtime.InteropServices;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;
using Whorl.Testing;

namespace Whorl.Client.Tests;

/// <summary>Sessions whose ends know where each token stands: families with learned positions, projected embeddings and none of these.</summary>
public sealed class CausalSessionTests
{
    public static TheoryData<string> Models => ["gpt2", "opt_350m", "gemma2"];

    [Theory]
    [MemberData(nameof(Models))]
    public async Task The_greedy_text_is_the_reference_s(string name)
    {
        using Local local = new(name);
        using FileCheckpoint expected = SafetensorsCheckpoint.Open(Path.Combine(local.Folder, "expected.safetensors"));
        int[] ids = Ids(expected, "a.input_ids"), greedy = Ids(expected, "a.greedy");
        await using ICausalSession session = await local.Model.OpenAsync(ids.Length + greedy.Length, 0, CancellationToken.None);
        foreach (int next in greedy)
        {
            float[] logits = await StepAsync(session, new CausalStep { Ids = ids }, 1, local);
            Assert.Equal(next, Array.IndexOf(logits, logits.Max()));
            ids = [next];
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_tree_that_is_tried_and_partly_kept_gives_the_bytes_of_the_plain_text(string name)
    {
        using Local local = new(name);
        int[] prompt = [5, 80, 33, 2], nodes = [7, 21, 90, 140, 11], parents = [-1, 0, 0, 2, -1], rest = [64, 3];
        await using ICausalSession tree = await local.Model.OpenAsync(16, 5, CancellationToken.None);
        await StepAsync(tree, new CausalStep { Ids = prompt }, 1, local);
        await StepAsync(tree, new CausalStep { Ids = nodes.AsMemory(0, 3), IsScratch = true, Parents = parents.AsMemory(0, 3) }, 3, local);
        float[] deep = await StepAsync(tree, new CausalStep { Ids = nodes.AsMemory(3), IsScratch = true, Parents = parents.AsMemory(3) }, 2, local);
        tree.Settle([0, 2, 3]);
        Assert.Equal(7, tree.Committed);
        float[] after = await StepAsync(tree, new CausalStep { Ids = rest }, 2, local);
        Assert.Equal(9, tree.Committed);

        await using ICausalSession plain = await local.Model.OpenAsync(16, 0, CancellationToken.None);
        int[] text = [.. prompt, 7, 90, 140, .. rest];
        float[] expected = await StepAsync(plain, new CausalStep { Ids = text }, 3, local);
        Assert.Equal(expected[..local.Model.VocabularySize], deep[..local.Model.VocabularySize]);
        Assert.Equal(expected[local.Model.VocabularySize..], after);
    }

    [Theory]
    [InlineData("llama3", 2e-5)]
    [InlineData("bloom", 2e-5)]
    [InlineData("mistral_window", 2e-5)]
    [InlineData("mixtral", 2e-5)]
    [InlineData("gemma2", 2e-5)]
    [InlineData("gpt_oss", 2e-5)]
    [InlineData("falcon_mamba", 2e-5)]
    [InlineData("jamba", 2e-5)]
    [InlineData("zamba2", 4.1e-5)]
    public async Task Logits_in_a_tree_and_behind_its_accepted_path_are_the_reference_s(string name, double tolerance)
    {
        using Local local = new(name);
        using FileCheckpoint golden = SafetensorsCheckpoint.Open(ReferenceData.PathOf("golden", "speculation", "tree", $"{name}.safetensors"));
        int[] prefix = Ids(golden, "prefix"), tokens = Ids(golden, "tree_tokens"), parents = Ids(golden, "parents"), rest = Ids(golden, "continuation");
        await using ICausalSession session = await local.Model.OpenAsync(prefix.Length + tokens.Length + rest.Length, tokens.Length, CancellationToken.None);
        await StepAsync(session, new CausalStep { Ids = prefix }, 0, local);
        float[] nodes = await StepAsync(session, new CausalStep { Ids = tokens, IsScratch = true, Parents = parents }, tokens.Length, local);
        session.Settle(Ids(golden, "accepted"));
        float[] after = await StepAsync(session, new CausalStep { Ids = rest }, rest.Length, local);

        AssertNear(golden.ReadSingles(golden.Get("node_logits")), nodes);
        AssertNear(golden.ReadSingles(golden.Get("after_commit_logits")), after);

        void AssertNear(float[] expected, float[] actual) =>
            Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -tolerance * Math.Max(1, Math.Abs(pair.First)), tolerance * Math.Max(1, Math.Abs(pair.First))));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Logits_of_chosen_tokens_of_a_tree_are_those_of_all_its_tokens(string name)
    {
        using Local local = new(name);
        int vocabulary = local.Model.VocabularySize;
        int[] prompt = [5, 80, 33, 2], nodes = [7, 21, 90, 140, 11], parents = [-1, 0, 0, 2, -1];
        await using ICausalSession session = await local.Model.OpenAsync(16, 10, CancellationToken.None);
        await StepAsync(session, new CausalStep { Ids = prompt }, 1, local);
        float[] all = await StepAsync(session, new CausalStep { Ids = nodes, IsScratch = true, Parents = parents }, 5, local);
        session.Settle([]);
        await StepAsync(session, new CausalStep { Ids = nodes, IsScratch = true, Parents = parents }, 0, local);

        float[] chosen = new float[3 * vocabulary];
        await session.LogitsAsync(new[] { 3, 0, 2 }, chosen, CancellationToken.None);

        Assert.Equal(all[(3 * vocabulary)..(4 * vocabulary)], chosen[..vocabulary]);
        Assert.Equal(all[..vocabulary], chosen[vocabulary..(2 * vocabulary)]);
        Assert.Equal(all[(2 * vocabulary)..(3 * vocabulary)], chosen[(2 * vocabulary)..]);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await session.LogitsAsync(new[] { 5 }, chosen.AsMemory(0, vocabulary), CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_trace_holds_what_the_reference_computes_on_the_way(string name)
    {
        using Local local = new(name);
        using FileCheckpoint expected = SafetensorsCheckpoint.Open(Path.Combine(local.Folder, "expected.safetensors"));
        ModelTrace trace = await ModelTrace.TakeAsync(local.Model, Ids(expected, "b.input_ids"), CancellationToken.None);
        AssertClose(expected, "b.final", trace.Final);
        AssertClose(expected, "b.logits", trace.Logits);
        for (int block = 0; block < trace.Hidden.Count; block++)
        {
            AssertClose(expected, $"b.hidden.{block}", trace.Hidden[block]);
        }
    }

    private static async Task<float[]> StepAsync(ICausalSession session, CausalStep step, int rows, Local local)
    {
        float[] logits = new float[rows * local.Model.VocabularySize];
        step.Logits = logits;
        await session.StepAsync(step, CancellationToken.None);
        return logits;
    }

    private static int[] Ids(FileCheckpoint file, string name)
    {
        TensorEntry entry = file.Get(name);
        long[] ids = new long[entry.ElementCount];
        file.Read(entry, MemoryMarshal.AsBytes(ids.AsSpan()));
        return [.. ids.Select(id => (int)id)];
    }

    private static void AssertClose(FileCheckpoint file, string name, float[] actual)
    {
        float[] expected = file.ReadSingles(file.Get(name));
        Assert.Equal(expected.Length, actual.Length);
        float allowed = 2e-5f * expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= allowed, $"{name}: {pair.Second} for {pair.First}"));
    }

    /// <summary>A whole model in this process.</summary>
    private sealed class Local : IDisposable
    {
        private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1, Activations = Tensors.ActivationFormat.F32 });
        private readonly ModelSource _source;
        private readonly ModelEnds _ends;
        private readonly DecoderSpan _span;

        public Local(string name)
        {
            Folder = ReferenceData.PathOf("golden", "models", name);
            _source = ModelSource.Open(Folder);
            _ends = ModelEnds.Load(_source, _backend);
            _span = DecoderSpan.Load(_source, new BlockRange(0, _source.Spec.Blocks.Count - 1), _backend);
            Model = new CausalModel(_source, _ends, new HostedSpan(_span, new MemoryBudget(1 << 26), "here", TimeProvider.System));
        }

        public string Folder { get; }

        public CausalModel Model { get; }

        public void Dispose()
        {
            _span.Dispose();
            _ends.Dispose();
            _source.Dispose();
            _backend.Dispose();
        }
    }
}
