using Whorl.Cli.Engine;
using Whorl.Client;
using Whorl.Formats;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;
using Whorl.Tokenizers;

namespace Whorl.Cli.Tests.Engine;

/// <summary>Opening that fails at a late step: nothing that was opened before is left. The only tests here that compute in this process.</summary>
public sealed class LocalEngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-engine-").FullName;
    private readonly long _before = NativeBuffer.TotalBytes;

    public LocalEngineTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "models", "bard")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    private EngineOptions Options => new(_folder, _folder, _folder, new CpuBackendOptions { Threads = 2 });

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        Assert.Equal(_before, NativeBuffer.TotalBytes);
    }

    [Fact]
    public async Task An_engine_gives_back_all_memory()
    {
        await using LocalEngine engine = await LocalEngine.LoadAsync(Options, CancellationToken.None);
        Assert.True(NativeBuffer.TotalBytes > _before);
    }

    [Fact]
    public async Task A_tokenizer_that_cannot_be_read_leaves_no_weights()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "tokenizer.json"), "{}");
        await Assert.ThrowsAsync<TokenizerFormatException>(() => LocalEngine.LoadAsync(Options, CancellationToken.None));
    }

    [Fact]
    public async Task A_head_of_another_shape_leaves_no_blocks()
    {
        string config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"vocab_size\": 2048", "\"vocab_size\": 2049", StringComparison.Ordinal));
        ModelFormatException e = await Assert.ThrowsAsync<ModelFormatException>(() => LocalEngine.LoadAsync(Options, CancellationToken.None));
        Assert.Contains("2049", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_lack_blocks_leave_nothing()
    {
        (WhorlProcess server, string address) = await WhorlProcess.ServeAsync(
            new Dictionary<string, string>(), _folder, "--blocks", "0..3", "--threads", "1");
        await using (server)
        {
            await Assert.ThrowsAsync<NoRouteException>(
                () => LocalEngine.ConnectAsync(Options, [address], NetworkOptions.Dialler, "", CancellationToken.None));
        }
    }
}
