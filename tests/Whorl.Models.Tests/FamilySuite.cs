using System.Runtime.InteropServices;

namespace Whorl.Models.Tests;

/// <summary>What must hold for every family, Whorl against Whorl, bit for bit.</summary>
public sealed class FamilySuite
{
    private const int Length = 21;

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Token_by_token_in_any_chunks_and_at_once_are_the_same_bytes(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        int[] ids = Ids(model, 1);
        float[] atOnce = model.Logits(ids);
        AssertSame(atOnce, model.Logits(ids, [.. Enumerable.Repeat(1, Length - 1)]), "token by token");
        AssertSame(atOnce, model.Logits(ids, 1, 7, 2, 9), "chunks of 1, 7, 2, 9");
        AssertSame(atOnce, model.Logits(ids, 16), "chunks of 16");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Split_at_any_block_and_with_any_threads_it_is_the_same_bytes(string name)
    {
        string folder = GoldenCase.Of(name).Folder;
        using LoadedModel whole = new(folder);
        int[] ids = Ids(whole, 2);
        float[] expected = whole.Logits(ids);
        for (int cut = 1; cut < whole.Blocks; cut++)
        {
            using LoadedModel split = new(folder, threads: 2, cuts: cut);
            AssertSame(expected, split.Logits(ids), $"cut at {cut}, two threads");
        }

        using LoadedModel apart = new(folder, threads: 3, cuts: [.. Enumerable.Range(1, whole.Blocks - 1)]);
        AssertSame(expected, apart.Logits(ids, 5), "every block apart, three threads");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_batch_of_sessions_gives_each_the_bytes_it_gets_alone(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        int[][] texts = [Ids(model, 3), Ids(model, 4)[..1], Ids(model, 5)[..12]];
        using ModelRun a = model.Open(Length), b = model.Open(Length), c = model.Open(Length);
        ModelRun[] runs = [a, b, c];
        a.Hidden(Ids(model, 6)[..0]);
        b.Hidden([.. Ids(model, 7)[..8]]);
        BlockStep[] steps = [.. texts.Zip([0, 8, 0], (text, first) => new BlockStep
        {
            Rows = text.Length,
            Input = model.Embed(text, [.. Enumerable.Range(first, text.Length)]),
            Output = new float[text.Length * model.Width],
        })];
        model.Forward(0, [.. runs.Select(r => r.Sessions[0])], steps);

        AssertSame(Alone(texts[0]), model.Head(steps[0].Output.Span).Logits, "the first session");
        AssertSame(Alone([.. Ids(model, 7)[..8], .. texts[1]])[^model.Vocabulary..], model.Head(steps[1].Output.Span).Logits, "a session under way");
        AssertSame(Alone(texts[2]), model.Head(steps[2].Output.Span).Logits, "the third session");

        float[] Alone(int[] ids)
        {
            using ModelRun run = model.Open(Length); // declared as long as the others: some variants look at that
            return run.Step(ids);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_tree_of_scratch_tokens_gives_each_path_the_bytes_of_the_plain_text(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        int[] prompt = Ids(model, 8)[..11], nodes = Ids(model, 9)[..9];
        int[] parents = [-1, 0, 0, 1, -1, 4, 2, 3, 7];
        using ModelRun run = model.Open(Length, maxScratch: 9);
        run.Step(prompt);
        float[] first = run.Step(nodes[..5], parents[..5]);
        float[] second = run.Step(nodes[5..], parents[5..]); // grown in a second step
        float[] tree = [.. first, .. second];
        for (int node = 0; node < nodes.Length; node++)
        {
            List<int> path = [];
            for (int at = node; at >= 0; at = parents[at])
            {
                path.Insert(0, nodes[at]);
            }

            AssertSame(
                Logits(model, [.. prompt, .. path]), tree.AsSpan(node * model.Vocabulary, model.Vocabulary).ToArray(), $"node {node}");
        }

        // The path 0-1-3 is kept; the text goes on as if nothing else had been tried.
        int[] rest = Ids(model, 10)[..4];
        float[] after = run.Step(rest, keep: [0, 1, 3]);
        Assert.Equal(prompt.Length + 3 + rest.Length, run.Committed);
        int[] text = [.. prompt, nodes[0], nodes[1], nodes[3], .. rest];
        AssertSame(Logits(model, text), after[^model.Vocabulary..], "after the verdict");

        // The logits of a text in a session declared as long as the tree's: variants that look at the length see the same.
        static float[] Logits(LoadedModel model, int[] ids)
        {
            using ModelRun plain = model.Open(Length);
            return plain.Step(ids)[^model.Vocabulary..];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_verdict_that_keeps_nothing_leaves_the_text_as_it_was(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        int[] ids = Ids(model, 11);
        using ModelRun run = model.Open(Length, maxScratch: 4);
        run.Step(ids[..10]);
        run.Step(ids[10..14], [-1, 0, 1, 2]);
        float[] after = run.Step(ids[10..], keep: []);
        AssertSame(model.Logits(ids)[(10 * model.Vocabulary)..], after, "after a verdict of nothing");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_tensor_of_the_checkpoint_is_read_or_known_to_mean_nothing(string name)
    {
        HashSet<string> read = [];
        using ModelSource source = ModelSource.Open(GoldenCase.Of(name).Folder, (entry, _, _) => read.Add(entry.Name));
        using Kernels.Cpu.CpuBackend backend = new(new Kernels.Cpu.CpuBackendOptions { Threads = 1 });
        using ModelEnds ends = ModelEnds.Load(source, backend);
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), backend);
        WeightMap map = source.Family.Weights(source.Spec);
        string[] suffixes = [.. map.IgnoredSuffixes];
        Assert.DoesNotContain(
            source.File.Checkpoint.Names,
            n => !read.Contains(n) && !map.IsOfOtherTower(n) && !suffixes.Any(s => n.EndsWith(s, StringComparison.Ordinal)));
        Assert.DoesNotContain(read, map.IsOfOtherTower);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_config_key_that_is_not_known_is_told_by_name(string name)
    {
        string text = File.ReadAllText(Path.Combine(GoldenCase.Of(name).Folder, "config.json"));
        using var document = System.Text.Json.JsonDocument.Parse(text.Insert(text.IndexOf('{', StringComparison.Ordinal) + 1, "\"warp_drive_factor\": 9,"));
        ConfigReader config = new(document.RootElement, "config.json");
        ModelFamily.Of(config.Text("model_type"), "config.json").Read(config);
        Assert.Equal(["warp_drive_factor"], config.CheckUnread());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_spellings_of_the_config_read_the_same(string name)
    {
        string folder = GoldenCase.Of(name).Folder, other = Path.Combine(folder, "config.transformers5.json");
        if (!File.Exists(other))
        {
            return; // this family is not in transformers
        }

        Assert.Equal(Describe(Path.Combine(folder, "config.json")), Describe(other));

        static string Describe(string file)
        {
            using var document = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
            ConfigReader config = new(document.RootElement, file);
            DecoderSpec spec = ModelFamily.Of(config.Text("model_type"), file).Read(config);
            Assert.Empty(config.CheckUnread());
            return string.Join('\n', spec.Blocks.Prepend((object)(spec with { Blocks = [] })).Select(Flatten));
        }

        // Records print lists by their type's name: tables of numbers are left out of the comparison, the golden logits see them.
        static string Flatten(object value) => System.Text.RegularExpressions.Regex.Replace(value.ToString()!, @"System\.[^,}]*|<>z__[^,}]*", "list");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void With_bfloat16_boundaries_a_split_still_changes_nothing(string name)
    {
        string folder = GoldenCase.Of(name).Folder;
        using ModelSource source = ModelSource.Open(folder);
        using Kernels.Cpu.CpuBackend backend = new(new Kernels.Cpu.CpuBackendOptions { Threads = 1 });
        using ModelEnds ends = ModelEnds.Load(source, backend);
        int last = source.Spec.Blocks.Count - 1;
        using DecoderSpan whole = DecoderSpan.Load(source, new BlockRange(0, last), backend, BoundaryFormat.BF16);
        using DecoderSpan head = DecoderSpan.Load(source, new BlockRange(0, 0), backend, BoundaryFormat.BF16);
        using DecoderSpan tail = DecoderSpan.Load(source, new BlockRange(1, last), backend, BoundaryFormat.BF16);
        float[] input = new float[6 * ends.BoundarySize];
        ends.Embed([5, 9, 3, 100, 41, 8], [0, 1, 2, 3, 4, 5], input);
        float[] expected = Run(whole, input), split = Run(tail, Run(head, input));
        AssertSame(expected, split, "bf16 boundaries");
        Assert.All(split, v => Assert.Equal(0, BitConverter.SingleToInt32Bits(v) & 0xffff));

        static float[] Run(DecoderSpan span, float[] input)
        {
            float[] output = new float[input.Length];
            using SessionCache session = span.Open(new BlockSessionOptions(span.Range, 6));
            span.Forward([session], [new BlockStep { Rows = 6, Input = input, Output = output }]);
            return output;
        }
    }

    private static int[] Ids(LoadedModel model, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, Length).Select(_ => random.Next(model.Vocabulary))];
    }

    private static void AssertSame(float[] expected, float[] actual, string what)
    {
        ReadOnlySpan<int> a = MemoryMarshal.Cast<float, int>(expected), b = MemoryMarshal.Cast<float, int>(actual);
        Assert.Equal(a.Length, b.Length);
        int first = a.CommonPrefixLength(b);
        Assert.True(first == a.Length, $"{what}: value {first} of {a.Length} is {(first < a.Length ? actual[first] : 0):R}, expected {(first < a.Length ? expected[first] : 0):R}");
    }
}
