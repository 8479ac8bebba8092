namespace Whorl.Formats.Tests;

public sealed class HubSelectionTests : HubTestBase
{
    private static readonly string[] Quantised =
    [
        "tiny.Q4_K_M.gguf", "tiny.Q4_K_S.gguf", "tiny-Q8_0.gguf", "F16/tiny-F16-00001-of-00002.gguf", "F16/tiny-F16-00002-of-00002.gguf",
        "mmproj-tiny-F16.gguf", "README.md",
    ];

    [Theory]
    [InlineData("Q4_K_M", "tiny.Q4_K_M.gguf")]
    [InlineData("q8_0", "tiny-Q8_0.gguf")]
    [InlineData(null, "tiny.Q4_K_M.gguf")]
    public void A_quantisation_names_one_file(string? quantisation, string file) =>
        Assert.Equal([file], FileSelection.Select(Quantised, Reference with { Quantisation = quantisation }, null));

    [Fact]
    public void All_parts_of_a_split_file_are_taken() => Assert.Equal(
        ["F16/tiny-F16-00001-of-00002.gguf", "F16/tiny-F16-00002-of-00002.gguf"],
        FileSelection.Select(Quantised, Reference with { Quantisation = "F16" }, null));

    [Theory]
    [InlineData("Q4_K")]
    [InlineData("Q2_K")]
    public void A_quantisation_that_is_not_there_is_an_error_that_lists_those_that_are(string quantisation)
    {
        HubReference reference = Reference with { Quantisation = quantisation };
        HubException error = Assert.Throws<HubException>(() => FileSelection.Select(Quantised, reference, null));
        Assert.Equal(HubErrorKind.Selection, error.Kind);
        Assert.Contains("Q4_K_M", error.Message, StringComparison.Ordinal);
        Assert.Contains("Q8_0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_folder_the_configuration_and_the_weights_are_taken_and_no_other_form_of_them()
    {
        string[] files =
        [
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "chat_template.jinja",
            "merges.txt", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
            "pytorch_model.bin", "original/params.json", "onnx/model.onnx", "README.md", ".gitattributes", "consolidated.safetensors",
            "training_args.json", "flax_model.msgpack", "image.png",
        ];
        Assert.Equal(
            [
                "chat_template.jinja", "config.json", "generation_config.json", "merges.txt", "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json", "tokenizer.model",
                "tokenizer_config.json",
            ],
            FileSelection.Select(files, Reference, ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]));
    }

    [Fact]
    public void A_repository_without_weights_is_an_error() => Assert.Equal(
        HubErrorKind.Selection,
        Assert.Throws<HubException>(() => FileSelection.Select(["README.md", "pytorch_model.bin"], Reference, null)).Kind);

    [Theory]
    [InlineData("model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors")]
    [InlineData("pytorch_model-00001-of-00002.safetensors", "pytorch_model-00002-of-00002.safetensors")]
    [InlineData("model.safetensors-00001-of-00002.safetensors", "model.safetensors-00002-of-00002.safetensors")]
    [InlineData("model-1-of-2.safetensors", "model-2-of-2.safetensors")]
    [InlineData("head.safetensors", "rest of it.safetensors")]
    [InlineData("text/model-00001-of-00002.safetensors", "text/model-00002-of-00002.safetensors")]
    public async Task The_index_tells_the_files_whatever_they_are_called_and_whether_all_are_there(string first, string second)
    {
        AddSharded([first, second]);
        Hub.Add("model-00007-of-00009.safetensors", Bytes(30), isLarge: true); // left behind from another conversion
        using HubClient client = Client();
        Assert.Null(client.FindCached(Reference));

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal([.. new[] { "config.json", "model.safetensors.index.json", first, second }.Order(StringComparer.Ordinal)], snapshot.Files);
        Assert.Equal(snapshot.Files, client.FindCached(Reference)!.Files);
        Assert.Empty(Assert.Single(client.Cache.Find(Reference.Id)!.Revisions).Missing);
        File.Delete(Path.Combine(snapshot.Folder, second));
        Assert.Null(client.FindCached(Reference));
        Assert.Equal([second], Assert.Single(client.Cache.Find(Reference.Id)!.Revisions).Missing);
        Assert.Equal(snapshot.Files, (await client.PullAsync(Reference)).Files);
    }

    [Fact]
    public async Task Without_its_configuration_or_its_index_a_model_is_not_whole()
    {
        AddSharded(["a.safetensors"]);
        using HubClient client = Client();
        HubSnapshot snapshot = await client.PullAsync(Reference);
        File.Move(Path.Combine(snapshot.Folder, "config.json"), Path.Combine(snapshot.Folder, "other"));
        Assert.Null(client.FindCached(Reference));
        File.Move(Path.Combine(snapshot.Folder, "other"), Path.Combine(snapshot.Folder, "config.json"));
        File.Delete(Path.Combine(snapshot.Folder, "model.safetensors.index.json"));
        Assert.Null(client.FindCached(Reference));
    }

    [Theory]
    [InlineData("pytorch_model-00001-of-00002.bin", "no safetensors file")]
    [InlineData("gone.safetensors", "does not have")]
    public async Task An_index_of_other_files_is_refused_by_the_name_of_one(string named, string why)
    {
        AddSharded([named]);
        using HubClient client = Client();
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));
        Assert.Equal(HubErrorKind.Selection, error.Kind);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_that_are_not_there_are_known_by_the_numbers_of_the_others()
    {
        foreach (string file in (string[])["t-Q8_0-00001-of-00003.gguf", "t-Q8_0-00002-of-00003.gguf", "t-Q8_0-00003-of-00003.gguf", "t-Q4_0.gguf"])
        {
            Hub.Add(file, Bytes(50), isLarge: true);
        }

        using HubClient client = Client();
        HubSnapshot snapshot = await client.PullAsync(Reference with { Quantisation = "Q8_0" });
        CachedRevision revision = Assert.Single(client.Cache.Find(Reference.Id)!.Revisions);
        Assert.Empty(revision.Missing);
        Assert.True(revision.HasWeights);
        File.Delete(Path.Combine(snapshot.Folder, "t-Q8_0-00001-of-00003.gguf"));
        File.Delete(Path.Combine(snapshot.Folder, "t-Q8_0-00003-of-00003.gguf"));
        revision = Assert.Single(client.Cache.Find(Reference.Id)!.Revisions);
        Assert.Equal(["t-Q8_0-00001-of-00003.gguf", "t-Q8_0-00003-of-00003.gguf"], revision.Missing);
    }

    [Fact]
    public async Task A_configuration_alone_has_no_weights()
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model.safetensors", Bytes(50), isLarge: true);
        using HubClient client = Client();
        await client.PullFilesAsync(Reference, HubClient.IsConfiguration);
        Assert.False(Assert.Single(client.Cache.Find(Reference.Id)!.Revisions).HasWeights);
    }

    [Fact]
    public void Pickled_weights_are_told_to_be_such() => Assert.Contains(
        "pickled (pytorch_model.bin)",
        Assert.Throws<HubException>(() => FileSelection.Select(["config.json", "pytorch_model.bin"], Reference, null)).Message,
        StringComparison.Ordinal);

    private void AddSharded(string[] shards)
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model.safetensors.index.json", $"{{\"weight_map\": {{{string.Join(", ", shards.Select((shard, i) => $"\"t{i}\": \"{shard}\""))}}}}}");
        foreach (string shard in shards.Where(shard => shard != "gone.safetensors"))
        {
            Hub.Add(shard, Bytes(40 + shard.Length), isLarge: true);
        }
    }

    [Fact]
    public async Task The_path_to_open_is_the_first_part_of_a_split_file()
    {
        Hub.Add("t-Q8_0-00001-of-00002.gguf", Bytes(50), isLarge: true);
        Hub.Add("t-Q8_0-00002-of-00002.gguf", Bytes(60), isLarge: true);
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference with { Quantisation = "Q8_0" });

        Assert.Equal(Path.Combine(snapshot.Folder, "t-Q8_0-00001-of-00002.gguf"), snapshot.ModelPath);
        Assert.Equal(2, snapshot.Files.Count);
    }
}
