using System.Text.Json;
using Whorl.Generation.Speculation;
using Whorl.Testing;

namespace Whorl.Generation.Tests.Speculation;

/// <summary>Trees of the toy models of golden/speculation/specexec.json.</summary>
public sealed class SpecExecGoldenTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllBytes(ReferenceData.PathOf("golden", "speculation", "specexec.json"))).RootElement;

    public static TheoryData<int> Trees() => [.. Enumerable.Range(0, Golden.GetProperty("trees").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Trees_grow_node_by_node_as_SpecExecs(int number)
    {
        JsonElement golden = Golden.GetProperty("trees")[number];
        int vocabulary = golden.GetProperty("V").GetInt32();
        ToyDraft draft = new(vocabulary, Numbers(golden, "prefix"));
        GrowthLimits limits = new()
        {
            Nodes = golden.GetProperty("K").GetInt32(),
            Beams = golden.GetProperty("beams") is { ValueKind: JsonValueKind.Number } beams ? beams.GetInt32() : int.MaxValue,
            Passes = golden.GetProperty("depth_cap").GetInt32(),
            Width = golden.GetProperty("width").GetInt32(),
        };
        TreeGrower grower = new();
        DraftTree tree = new();

        await grower.GrowAsync(tree, limits, draft, default);

        Assert.Equal(golden.GetProperty("draft_passes").GetInt32(), grower.Passes);
        Assert.Equal(
            golden.GetProperty("rounds").EnumerateArray().Select(round => Numbers(round, "expanded")).ToArray(), draft.Expanded.ToArray());
        Assert.Equal(Numbers(golden, "tokens"), Nodes(tree).Select(tree.Token));
        Assert.Equal(Numbers(golden, "parents"), Nodes(tree).Select(tree.Parent));
        Assert.Equal(Numbers(golden, "depths"), Nodes(tree).Select(tree.Depth));
        double[] expected = [.. golden.GetProperty("clp").EnumerateArray().Select(v => v.GetDouble())];
        Assert.All(expected.Zip(Nodes(tree).Select(tree.LogProbability)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void The_toy_model_is_the_one_of_the_golden_data()
    {
        foreach (JsonElement row in Golden.GetProperty("toy_model").GetProperty("draft_rows").EnumerateArray())
        {
            double[] p = ToyDraft.Law(Numbers(row, "prefix"), row.GetProperty("V").GetInt32());
            Assert.All(row.GetProperty("p").EnumerateArray().Zip(p), pair => Assert.Equal(pair.First.GetDouble(), pair.Second, 1e-15));
        }
    }

    private static IEnumerable<int> Nodes(DraftTree tree) => Enumerable.Range(0, tree.Count);

    private static int[] Numbers(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>The draft model: integer arithmetic up to one division.</summary>
    private sealed class ToyDraft(int vocabulary, int[] prefix) : ITreeExpander
    {
        public List<int[]> Expanded { get; } = [];

        public static double[] Law(IReadOnlyList<int> text, int vocabulary)
        {
            double[] weights = new double[vocabulary];
            for (int token = 0; token < vocabulary; token++)
            {
                uint h = 2166136261u ^ 7;
                foreach (int id in text.Skip(Math.Max(text.Count - 3, 0)).Append(token))
                {
                    h = (h ^ (uint)(id + 1)) * 16777619;
                }

                h ^= h >> 15;
                h *= 2246822519;
                h ^= h >> 13;
                weights[token] = Math.Pow(1 + (h % 1000), 4);
            }

            double sum = weights.Sum();
            return [.. weights.Select(weight => weight / sum)];
        }

        public ValueTask ExpandAsync(
            DraftTree tree, IReadOnlyList<int> nodes, int width, List<DraftChild> children, CancellationToken cancellationToken)
        {
            Expanded.Add([.. nodes]);
            foreach (int node in nodes)
            {
                List<int> path = [];
                for (int at = node; at != DraftTree.Root; at = tree.Parent(at))
                {
                    path.Insert(0, tree.Token(at));
                }

                double[] law = Law([.. prefix, .. path], vocabulary);
                children.AddRange(Enumerable.Range(0, vocabulary).OrderByDescending(token => law[token]).Take(width)
                    .Select(token => new DraftChild(node, token, Math.Log(law[token]))));
            }

            return ValueTask.CompletedTask;
        }
    }
}
