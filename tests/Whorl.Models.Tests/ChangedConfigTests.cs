using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>
/// Configs of which values were changed, taken away or added at random: each ends in a model that computes, or in an error that names a key
/// or a tensor, and none takes memory before it is refused.
/// </summary>
public sealed class ChangedConfigTests : IDisposable
{
    private const int Changes = 600;
    private const int Loads = 20;
    private const long MemoryOfAConfig = 16 << 20;

    private static readonly string[] Values =
    [
        "null", "true", "false", "-1", "0", "1", "2", "3", "4", "5", "7", "8", "12", "16", "64", "1000", "16384", "65536", "16777216", "1000000000",
        "1e10", "1e300", "1e-300", "1e999", "0.5", "-0.5", "2.5", "\"x\"", "\"\"", "\"gelu\"", "\"silu\"", "\"auto\"", "[]", "[1]", "[-1, 1e300]", "[\"x\"]",
        "[\"full_attention\"]", "[null]", "{}", "{\"a\": 1}", "{\"type\": \"linear\", \"factor\": 2}", "{\"type\": \"dynamic\", \"factor\": 2}",
        "{\"type\": \"llama3\", \"factor\": 2}", "{\"type\": \"yarn\", \"factor\": 2, \"original_max_position_embeddings\": 16}",
        "{\"rope_type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1]}", "{\"full_attention\": {\"rope_theta\": 5}}", "{\"quant_method\": \"gptq\"}",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-configs-").FullName;

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_config_is_a_model_or_an_error_that_names_what_is_wrong(string name)
    {
        string golden = GoldenCase.Of(name).Folder, original = File.ReadAllText(Path.Combine(golden, "config.json"));
        CopyWeights(golden);
        string[] keys = [.. KeysOfAllFamilies.Value];
        Random random = new(name.Sum(letter => letter));
        int loads = 0;
        for (int i = 0; i < Changes; i++)
        {
            JsonObject config = JsonNode.Parse(original)!.AsObject();
            string what = string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(_ => Change(config, keys, random)));
            try
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                Exception? refused = Record.Exception(() => Read(config));
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(allocated < MemoryOfAConfig, $"{allocated} bytes");
                if (refused is null && ++loads <= Loads)
                {
                    File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
                    refused = Record.Exception(Compute);
                }

                Assert.True(refused is null or ModelFormatException { Tensor: not null }, $"{refused}");
            }
            catch (Xunit.Sdk.XunitException e)
            {
                Assert.Fail($"{what}: {e.Message}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Changed_metadata_of_a_gguf_file_is_a_model_or_an_error_that_names_what_is_wrong(string name)
    {
        object[] values =
        [
            "x", "", true, false, 0u, 1u, 3u, 64u, uint.MaxValue, -1, ulong.MaxValue, 1e-5f, 0f, -1f, float.NaN, float.PositiveInfinity, 2.5,
            Array.Empty<uint>(), new uint[] { 1 }, new float[] { -1, float.NaN }, new string[] { "x" },
        ];
        Random random = new(name.Sum(letter => letter));
        foreach (string file in GoldenCase.Of(name).Twins.Select(twin => twin.File).Where(file => file.EndsWith("model.gguf", StringComparison.Ordinal)))
        {
            using GgufModel model = GgufModel.Open(file);
            string[] keys = [.. model.Metadata.Keys.Where(key => !key.StartsWith("tokenizer", StringComparison.Ordinal))];
            for (int i = 0; i < Changes; i++)
            {
                Dictionary<string, object> metadata = new(model.Metadata);
                string key = keys[random.Next(keys.Length)];
                object value = values[random.Next(values.Length)];
                metadata[key] = value;
                if (random.Next(12) == 0)
                {
                    metadata.Remove(key);
                }

                long before = GC.GetAllocatedBytesForCurrentThread();
                Exception? refused = Record.Exception(() => ReadGguf(metadata, model.Checkpoint));
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(
                    refused is null or ModelFormatException { Tensor: not null } && allocated < MemoryOfAConfig,
                    $"{key} = {value} ({value.GetType().Name}), {allocated} bytes: {refused}");
            }
        }
    }

    [Theory]
    [InlineData("zamba2", "use_shared_mlp_adapter")]
    [InlineData("zamba2_rope", "use_shared_attention_adapter")]
    public void Adapters_that_the_config_denies_are_refused(string name, string key)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenCase.Of(name).Folder, "config.json")))!.AsObject();
        config[key] = false;
        CopyWeights(GoldenCase.Of(name).Folder);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config.ToJsonString());
        Assert.Contains("adapter", Assert.Throws<ModelFormatException>(Compute).Tensor, StringComparison.Ordinal);
    }

    private static Lazy<SortedSet<string>> KeysOfAllFamilies { get; } = new(() =>
        [.. GoldenCase.Names.SelectMany(name => JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenCase.Of(name).Folder, "config.json")))!.AsObject())
            .Select(property => property.Key).Append("layer_types").Append("quantization_config").Append("rope_parameters")]);

    /// <summary>Changes one value of a config, or of an object in it, or gives it a key that another family has.</summary>
    private static string Change(JsonObject config, string[] keys, Random random)
    {
        JsonObject[] objects = [config, .. config.Select(property => property.Value).OfType<JsonObject>()];
        JsonObject changed = objects[random.Next(objects.Length)];
        string[] own = [.. changed.Select(property => property.Key), ""];
        string key = random.Next(5) > 0 ? own[random.Next(own.Length)] : keys[random.Next(keys.Length)], value = Values[random.Next(Values.Length)];
        if (random.Next(12) == 0)
        {
            changed.Remove(key);
            return $"without {key}";
        }

        changed[key] = JsonNode.Parse(value);
        return $"{key} = {value}";
    }

    private static void Read(JsonObject json)
    {
        using var document = JsonDocument.Parse(json.ToJsonString());
        ConfigReader config = new(document.RootElement, "config.json");
        ModelFamily family = ModelFamily.Of(config.Text("model_type"), config.File);
        family.Weights(family.Read(config));
        config.CheckUnread();
    }

    private static void ReadGguf(Dictionary<string, object> metadata, ICheckpoint checkpoint)
    {
        GgufConfig gguf = new(metadata, checkpoint, "model.gguf");
        ModelFamily family = ModelFamily.OfGguf(gguf.Architecture, "model.gguf").InGguf(gguf);
        family.ReadGguf(gguf);
        ConfigReader config = gguf.ToReader();
        family.GgufWeights(family.Read(config));
        gguf.CheckUnread();
        config.CheckUnread();
    }

    private void CopyWeights(string golden)
    {
        foreach (string file in Directory.GetFiles(golden, "model*.safetensors*"))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    private void Compute()
    {
        using LoadedModel model = new(_folder);
        model.Logits([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}
