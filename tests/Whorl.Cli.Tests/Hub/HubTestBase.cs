using Whorl.Testing;

namespace Whorl.Cli.Tests.Hub;

/// <summary>A hub on this machine that has the built-in model as org/tiny, and a user with empty caches, for each test.</summary>
public abstract class HubTestBase : IAsyncLifetime
{
    internal const string Model = FakeHub.Id;
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("whorl-cli-");

    internal static string Bard { get; } = Path.Combine(AppContext.BaseDirectory, "models", "bard");

    internal FakeHub Hub { get; } = new();

    internal string Cache => CacheOf("me");

    /// <summary>The bytes of weights that left the hub, headers included.</summary>
    internal long WeightBytes => Hub.StorageRequests.Sum(request => (request.RangeEnd ?? WholeWeights - 1) - (request.RangeStart ?? 0) + 1);

    internal static long WholeWeights { get; } = new FileInfo(Path.Combine(Bard, "model.safetensors")).Length;

    /// <summary>The bytes of the weights' header, with its length in front.</summary>
    internal static long SafetensorsHeaderBytes { get; } = ReadHeaderBytes();

    public async Task InitializeAsync()
    {
        foreach (string path in Directory.GetFiles(Bard))
        {
            string name = Path.GetFileName(path);
            Hub.Add(name, await File.ReadAllBytesAsync(path), isLarge: name.EndsWith(".safetensors", StringComparison.Ordinal));
        }
    }

    public async Task DisposeAsync()
    {
        await Hub.DisposeAsync();
        _home.Delete(recursive: true);
    }

    /// <summary>Runs the program as a user of this hub.</summary>
    internal Task<ProgramResult> RunAsync(params string[] arguments) => WhorlProcess.RunAsync(Environment(), arguments);

    /// <summary>Runs it where nothing may be asked of the network.</summary>
    internal Task<ProgramResult> RunOfflineAsync(params string[] arguments) => WhorlProcess.RunAsync(Offline(), arguments);

    /// <summary>What the hub's variables are for a user with caches of their own.</summary>
    internal Dictionary<string, string> Environment(string user = "me") => new()
    {
        ["HF_ENDPOINT"] = Hub.Address.ToString(),
        ["HF_HUB_CACHE"] = CacheOf(user),
        ["HF_HUB_OFFLINE"] = "0",
        ["HF_TOKEN"] = "secret",
        ["WHORL_CACHE"] = Path.Combine(_home.FullName, user, "whorl"),
    };

    internal Dictionary<string, string> Offline(string user = "me") => new(Environment(user)) { ["HF_HUB_OFFLINE"] = "1" };

    private static long ReadHeaderBytes()
    {
        using BinaryReader reader = new(File.OpenRead(Path.Combine(Bard, "model.safetensors")));
        return 8 + reader.ReadInt64();
    }

    private string CacheOf(string user) => Path.Combine(_home.FullName, user, "hub");
}
