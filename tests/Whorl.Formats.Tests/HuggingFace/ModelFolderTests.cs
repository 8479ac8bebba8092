using Whorl.Testing;

namespace Whorl.Formats.Tests.HuggingFace;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_gives_its_configuration_and_its_weights()
    {
        _folder.Write("config.json", """{"model_type": "llama", "hidden_size": 64}""");
        _folder.Write("generation_config.json", """{"eos_token_id": [1, 2]}""");
        await SafetensorsWriter.WriteAsync(_folder.File("model.safetensors"), Samples.Tensors());

        using ModelFolder model = Assert.IsType<ModelFolder>(ModelFile.Open(_folder.Path));
        Assert.Equal("llama", model.Config.GetProperty("model_type").GetString());
        Assert.Equal(2, model.GenerationConfig!.Value.GetProperty("eos_token_id").GetArrayLength());
        Assert.Null(model.FindFile("tokenizer.json"));
        Assert.Null(model.FindJson("tokenizer_config.json"));
        CheckpointTests.AssertHolds(model.Checkpoint, Samples.Tensors());
    }

    [Fact]
    public async Task Shards_are_one_checkpoint()
    {
        await WriteShardsAsync();
        using ModelFile model = ModelFile.Open(_folder.Path);
        CheckpointTests.AssertHolds(model.Checkpoint, Samples.Tensors());
    }

    [Fact]
    public async Task Shards_may_lie_in_folders_below_the_index()
    {
        await WriteShardsAsync();
        Directory.CreateDirectory(_folder.File(Path.Combine("text", "weights")));
        File.Move(_folder.File("b.safetensors"), _folder.File(Path.Combine("text", "weights", "b.safetensors")));
        string index = _folder.File("model.safetensors.index.json");
        await File.WriteAllTextAsync(index, (await File.ReadAllTextAsync(index)).Replace("\"b.safetensors\"", "\"text/weights/b.safetensors\"", StringComparison.Ordinal));
        using ModelFile model = ModelFile.Open(_folder.Path);
        CheckpointTests.AssertHolds(model.Checkpoint, Samples.Tensors());
    }

    [Fact]
    public async Task A_missing_shard_is_named()
    {
        await WriteShardsAsync();
        File.Delete(_folder.File("b.safetensors"));
        Assert.Equal(_folder.File("b.safetensors"), Refusal(_folder.Path).File);
    }

    [Fact]
    public async Task A_tensor_that_is_not_in_the_shard_of_the_index_is_named()
    {
        await WriteShardsAsync(extra: "\"lost\": \"a.safetensors\"");
        ModelFormatException refused = Refusal(_folder.Path);
        Assert.Equal("lost", refused.Tensor);
        Assert.Equal(_folder.File("a.safetensors"), refused.File);
    }

    [Theory]
    [InlineData("../a.safetensors")]
    [InlineData("..\\\\a.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("c:a.safetensors")]
    [InlineData("sub/../../a.safetensors")]
    [InlineData("sub/./a.safetensors")]
    [InlineData("sub//a.safetensors")]
    [InlineData("sub/")]
    [InlineData("..")]
    [InlineData("")]
    public async Task An_index_does_not_lead_out_of_its_folder(string file)
    {
        await WriteShardsAsync(extra: $"\"lost\": \"{file}\"");
        Assert.Contains("in its folder", Refusal(_folder.Path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map": []}""", "weight_map")]
    [InlineData("""{"weight_map": {"a": 1}}""", "in its folder")]
    [InlineData("[]", "JSON object")]
    [InlineData("{", "no proper JSON")]
    [InlineData("""{"weight_map": {"\ud800": "a.safetensors"}}""", "no proper JSON")]
    [InlineData("""{"weight_map": {"a": "\udfff.safetensors"}}""", "no proper JSON")]
    public void A_malformed_index_is_refused(string json, string reason)
    {
        _folder.Write("config.json", "{}");
        _folder.Write("model.safetensors.index.json", json);
        Assert.Contains(reason, Refusal(_folder.Path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_that_are_no_model_are_refused_with_what_to_do()
    {
        Assert.Contains("no such file or folder", Refusal(_folder.File("nowhere")).Message, StringComparison.Ordinal);
        Assert.Contains("no config.json", Refusal(_folder.Path).Message, StringComparison.Ordinal);

        _folder.Write("model.gguf", "GGUF");
        Assert.Contains(_folder.File("model.gguf"), Refusal(_folder.Path).Message, StringComparison.Ordinal);

        _folder.Write("config.json", "{}");
        Assert.Contains("no weights", Refusal(_folder.Path).Message, StringComparison.Ordinal);
        _folder.Write("pytorch_model.bin", "x");
        Assert.Contains("convert them to safetensors", Refusal(_folder.Path).Message, StringComparison.Ordinal);
        _folder.Write("consolidated.safetensors", "x");
        Assert.Contains("consolidated.safetensors", Refusal(_folder.Path).Message, StringComparison.Ordinal);
        Assert.Contains($"give its folder, {_folder.Path}", Refusal(_folder.File("config.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_as_Python_writes_it_is_read()
    {
        _folder.Write("config.json", """{"limit": [0.0, Infinity], "floor": -Infinity, "odd": NaN, "text": "NaN \"Infinity\\"}""");
        await SafetensorsWriter.WriteAsync(_folder.File("model.safetensors"), []);
        using ModelFolder model = ModelFolder.Open(_folder.Path);
        Assert.Equal(double.PositiveInfinity, model.Config.GetProperty("limit")[1].GetDouble());
        Assert.Equal(double.NegativeInfinity, model.Config.GetProperty("floor").GetDouble());
        Assert.Equal("NaN", model.Config.GetProperty("odd").GetString()); // no number, but no absent one either
        Assert.Equal("NaN \"Infinity\\", model.Config.GetProperty("text").GetString());
    }

    [Fact]
    public void Every_reference_model_opens()
    {
        string[] folders = Directory.GetDirectories(ReferenceData.PathOf("golden", "models"));
        Assert.NotEmpty(folders);
        foreach (string folder in folders)
        {
            using ModelFolder model = ModelFolder.Open(folder);
            Assert.True(model.Config.TryGetProperty("model_type", out _));
            Assert.NotEmpty(model.Checkpoint.Names);
        }
    }

    [Fact]
    public void The_built_in_models_have_their_generation_configuration_and_tokenizer()
    {
        using ModelFolder model = ModelFolder.Open(Path.Combine(ReferenceData.Checkout, "models", "bard"));
        Assert.NotNull(model.GenerationConfig);
        Assert.NotNull(model.FindFile("tokenizer.json"));
        Assert.NotNull(model.FindJson("tokenizer_config.json"));
    }

    private static ModelFormatException Refusal(string path)
    {
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => ModelFile.Open(path));
        Assert.DoesNotContain('\n', refused.Message);
        return refused;
    }

    private async Task WriteShardsAsync(string? extra = null)
    {
        TensorSource[] tensors = Samples.Tensors();
        await SafetensorsWriter.WriteAsync(_folder.File("a.safetensors"), tensors[..2]);
        await SafetensorsWriter.WriteAsync(_folder.File("b.safetensors"), tensors[2..]);
        string map = string.Join(", ", tensors.Select((tensor, i) => $"\"{tensor.Name}\": \"{(i < 2 ? "a" : "b")}.safetensors\""));
        _folder.Write("config.json", "{}");
        _folder.Write("model.safetensors.index.json", $$"""{"weight_map": { {{map}}{{(extra is null ? "" : $", {extra}")}} } }""");
    }
}
