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
        Assert.Equal([file], FileSelection.Select(Quantised, Reference with { Quantisation = quantisation }));

    [Fact]
    public void All_parts_of_a_split_file_are_taken() => Assert.Equal(
        ["F16/tiny-F16-00001-of-00002.gguf", "F16/tiny-F16-00002-of-00002.gguf"],
        FileSelection.Select(Quantised, Reference with { Quantisation = "F16" }));

    [Theory]
    [InlineData("Q4_K")]
    [InlineData("Q2_K")]
    public void A_quantisation_that_is_not_there_is_an_error_that_lists_those_that_are(string quantisation)
    {
        HubReference reference = Reference with { Quantisation = quantisation };
        HubException error = Assert.Throws<HubException>(() => FileSelection.Select(Quantised, reference));
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
            FileSelection.Select(files, Reference));
    }

    [Fact]
    public void A_repository_without_weights_is_an_error() => Assert.Equal(
        HubErrorKind.Selection,
        Assert.Throws<HubException>(() => FileSelection.Select(["README.md", "pytorch_model.bin"], Reference)).Kind);

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
