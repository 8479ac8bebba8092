using Whorl.Testing;

namespace Whorl.Formats.Tests;

/// <summary>A fake hub, a cache of its own and a client, for each test.</summary>
public abstract class HubTestBase : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    internal FakeHub Hub { get; } = new();

    internal TemporaryFolder Temporary { get; } = new();

    internal ImpatientClock Clock { get; } = new(Patience);

    internal string CacheFolder => Temporary.File("hub");

    internal static HubReference Reference { get; } = HubReference.Parse(FakeHub.Id);

    internal static byte[] Bytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal HubSettings Settings => new() { Endpoint = Hub.Address, CacheFolder = CacheFolder, Token = "secret", IdleTimeout = Patience };

    internal HubClient Client(
        Func<HubSettings, HubSettings>? change = null,
        Func<string, Stream>? open = null,
        Action<string, string>? link = null,
        long? free = null) =>
        new(change is null ? Settings : change(Settings), handler: null, Clock)
        {
            OpenPartial = open ?? BlobDownload.OpenFile,
            MakeLink = link ?? SnapshotLink.MakeSymbolicLink,
            FreeSpace = free,
        };

    internal string Blob(byte[] content) => HubPaths.Blob(CacheFolder, FakeHub.Id, FakeHub.Sha256(content));

    internal void AddModel(byte[] weights)
    {
        Hub.Add("config.json", "{}");
        Hub.Add("README.md", "# Tiny");
        Hub.Add("model.safetensors", weights, isLarge: true);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Hub.DisposeAsync();
        Temporary.Dispose();
    }
}
