using System.Text.Json.Nodes;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <summary>
/// SmolLM3 beside its golden case: a golden Llama's weights under its config, against the equations in double precision, which
/// are themselves held against the golden Llama.
/// </summary>
public sealed class SmolLm3Tests : IDisposable
{
    private const int Window = 5;
    private static readonly int[] Text = [3, 141, 59, 26, 53, 58, 97, 93, 23, 84, 62, 64, 33, 83, 27, 95];
    private readonly StoredForms _forms = new();

    private static GoldenCase Golden => GoldenCase.Of("smollm2");

    public void Dispose() => _forms.Dispose();

    [Fact]
    public void The_equations_are_the_golden_llama_s()
    {
        using GoldenTensors expected = Golden.Expected();
        int[] ids = expected.Ids("a.input_ids");
        using LlamaInDouble reference = new(Golden.Folder);
        AssertClose(reference.Logits(ids), expected.Floats("a.logits"));
    }

    [Fact]
    public async Task Every_fourth_block_knows_no_positions()
    {
        string folder = await FolderAsync(_ => { });
        using LlamaInDouble reference = new(folder) { Turns = block => block != 3 };
        AssertClose(reference.Logits(Text), Logits(folder));
    }

    [Fact]
    public async Task The_config_may_list_the_blocks_that_turn_and_the_others_may_have_a_window()
    {
        string folder = await FolderAsync(config =>
        {
            config["no_rope_layers"] = new JsonArray(1, 0, 1, 0);
            (config["use_sliding_window"], config["sliding_window"]) = (true, Window);
        });
        using LlamaInDouble reference = new(folder)
        {
            Turns = block => block % 2 == 0,
            Window = block => block % 2 == 0 ? int.MaxValue : Window,
        };
        AssertClose(reference.Logits(Text), Logits(folder));
    }

    [Fact]
    public async Task With_rotation_in_all_blocks_it_is_llama_byte_for_byte()
    {
        string llama = await FolderAsync(config => config["model_type"] = "llama");
        Assert.Equal(Logits(llama), Logits(await FolderAsync(config => config["no_rope_layers"] = new JsonArray(1, 1, 1, 1))));
    }

    [Fact]
    public async Task Its_gguf_file_computes_the_same()
    {
        string twin = Golden.Twins.First().File;
        using GgufModel model = GgufModel.Open(twin);
        string gguf = await _forms.GgufAsync(twin, entry => WithFourth(model.Checkpoint, entry, "blk.0.", "blk.3."), metadata =>
        {
            foreach (string key in model.Metadata.Keys.Where(key => key.StartsWith("llama.", StringComparison.Ordinal)))
            {
                metadata.Remove(key);
                metadata["smollm3." + key["llama.".Length..]] = model.Metadata[key];
            }

            (metadata["general.architecture"], metadata["smollm3.block_count"]) = ("smollm3", 4u);
        });
        Assert.Equal(Logits(await FolderAsync(_ => { })), Logits(gguf));
    }

    [Theory]
    [InlineData("[1, 1]")]
    [InlineData("[1, 1, 2, 1]")]
    public async Task A_list_that_does_not_say_it_of_every_block_is_refused(string list)
    {
        string folder = await FolderAsync(config => config["no_rope_layers"] = JsonNode.Parse(list));
        Assert.Contains("no_rope_layers", Assert.Throws<ModelFormatException>(() => ModelSource.Open(folder)).Message, StringComparison.Ordinal);
    }

    /// <summary>The golden Llama as a SmolLM3 of four blocks, the last the first once more.</summary>
    private async Task<string> FolderAsync(Action<JsonObject> change)
    {
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(Path.Combine(Golden.Folder, "model.safetensors"));
        return await _forms.FolderAsync(
            Golden.Folder,
            entry => WithFourth(checkpoint, entry, "model.layers.0.", "model.layers.3."),
            config =>
            {
                (config["model_type"], config["num_hidden_layers"]) = ("smollm3", 4);
                change(config);
            });
    }

    private static IReadOnlyList<TensorSource>? WithFourth(ICheckpoint checkpoint, TensorEntry entry, string first, string fourth)
    {
        if (!entry.Name.StartsWith(first, StringComparison.Ordinal))
        {
            return null;
        }

        float[] values = checkpoint.ReadSingles(entry);
        return
        [
            TensorSource.FromSingles(entry.Name, ElementType.F32, entry.Shape, values),
            TensorSource.FromSingles(fourth + entry.Name[first.Length..], ElementType.F32, entry.Shape, values),
        ];
    }

    private static float[] Logits(string path)
    {
        using LoadedModel model = new(path);
        return model.Logits(Text);
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), difference = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(difference <= 1e-5 * largest, $"off by {difference / largest:G3} of the largest logit");
    }
}
