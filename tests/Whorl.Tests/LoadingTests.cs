using Whorl.Client;
using Whorl.Formats;
using Whorl.Models;
using Whorl.Tensors;
using Whorl.Tokenizers;

namespace Whorl.Tests;

/// <summary>Opening a model, and opening that fails at a late step: nothing that was opened before is left.</summary>
public sealed class LoadingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-loading-").FullName;
    private readonly long _before = NativeBuffer.TotalBytes;

    public LoadingTests()
    {
        foreach (string file in Directory.GetFiles(BardText.Folder))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        Assert.Equal(_before, NativeBuffer.TotalBytes);
    }

    [Fact]
    public async Task A_model_gives_back_all_memory()
    {
        await using LanguageModel model = await LanguageModel.LoadAsync(_folder);
        Assert.True(NativeBuffer.TotalBytes > _before);
    }

    [Fact]
    public async Task The_model_that_comes_with_the_library_needs_no_name()
    {
        await using LanguageModel unnamed = await LanguageModel.LoadAsync(null);
        await using LanguageModel named = await LanguageModel.LoadAsync("bard");
        Assert.Equal((BardText.Folder, BardText.Folder), (unnamed.Source.File.Path, named.Source.File.Path));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_named()
    {
        WhorlException e = await Assert.ThrowsAsync<WhorlException>(() => LanguageModel.LoadAsync("no-such.gguf"));
        Assert.Contains("no-such.gguf", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loading_is_told_block_by_block_and_can_be_stopped()
    {
        List<ModelLoading> told = [];
        using CancellationTokenSource stopping = new();
        ModelOptions options = new()
        {
            Loading = new Told<ModelLoading>(value =>
            {
                told.Add(value);
                if (value.Blocks == 2)
                {
                    stopping.Cancel();
                }
            }),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LanguageModel.LoadAsync(_folder, options, stopping.Token));
        Assert.Equal([0, 1, 2], told.Select(t => t.Blocks));
        Assert.All(told, t => Assert.Equal((Path.GetFileName(_folder), 6), (t.Model, t.Total)));
    }

    [Fact]
    public async Task What_is_passed_over_is_told_and_refused_where_that_is_asked()
    {
        string config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"vocab_size\"", "\"warp_drive\": 9, \"vocab_size\"", StringComparison.Ordinal));
        List<ModelWarning> told = [];
        await using LanguageModel model = await LanguageModel.LoadAsync(_folder, new ModelOptions { Warn = told.Add });
        ModelWarning warning = Assert.Single(told);
        Assert.Equal(ModelWarningKind.Files, warning.Kind);
        Assert.Contains("warp_drive", warning.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelFormatException>(() => LanguageModel.LoadAsync(_folder, new ModelOptions { Strict = true }));
    }

    [Fact]
    public async Task A_tokenizer_that_cannot_be_read_leaves_no_weights()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokenizer.json"), "{}");
        await Assert.ThrowsAsync<TokenizerFormatException>(() => LanguageModel.LoadAsync(_folder));
    }

    [Fact]
    public async Task A_head_of_another_shape_leaves_no_blocks()
    {
        string config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"vocab_size\": 2048", "\"vocab_size\": 2049", StringComparison.Ordinal));
        ModelFormatException e = await Assert.ThrowsAsync<ModelFormatException>(() => LanguageModel.LoadAsync(_folder));
        Assert.Contains("2049", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_lack_blocks_leave_nothing()
    {
        await using BlockServer server = await BlockServer.StartAsync(_folder, new BlockRange(0, 3));
        NoRouteException e = await Assert.ThrowsAsync<NoRouteException>(
            () => LanguageModel.ConnectAsync(_folder, new ConnectOptions { Servers = [server.Address] }));
        Assert.Contains("4..5", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connecting_to_nobody_is_refused()
    {
        await Assert.ThrowsAsync<WhorlException>(() => LanguageModel.ConnectAsync(_folder, new ConnectOptions()));
        Assert.Throws<WhorlException>(() => { _ = LanguageModel.ConnectAsync(_folder, new ConnectOptions { InitialPeers = ["nowhere"] }); });
    }
}
