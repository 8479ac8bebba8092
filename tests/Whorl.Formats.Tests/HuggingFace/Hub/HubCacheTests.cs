using Whorl.Testing;

namespace Whorl.Formats.Tests;

public sealed class HubCacheTests : HubTestBase
{
    private const string Other = "fedcba9876543210fedcba9876543210fedcba98";

    [Fact]
    public async Task Models_are_listed_with_their_size()
    {
        AddModel(Bytes(1000));
        using HubClient client = Client();
        await client.PullAsync(Reference);

        CachedModel model = Assert.Single(client.Cache.List());

        Assert.Equal(FakeHub.Id, model.Id);
        CachedRevision revision = Assert.Single(model.Revisions);
        Assert.Equal(FakeHub.Commit, revision.Commit);
        Assert.Equal(["main"], revision.Refs);
        Assert.Equal(["config.json", "model.safetensors"], revision.Files);
        Assert.Equal(1002, revision.Size);
        Assert.Equal(1002 + FakeHub.Commit.Length, model.Size);
    }

    [Fact]
    public void A_cache_that_does_not_exist_is_empty()
    {
        var cache = new HubCache(Temporary.File("none"));
        Assert.Empty(cache.List());
        Assert.Null(cache.Find("org/name"));
        Assert.Equal(0, cache.Remove("org/name"));
    }

    [Fact]
    public async Task A_model_is_removed_whole()
    {
        AddModel(Bytes(1000));
        using HubClient client = Client();
        await client.PullAsync(Reference);

        Assert.True(client.Cache.Remove(FakeHub.Id) >= 1002);

        Assert.Empty(client.Cache.List());
        Assert.Empty(Directory.GetFiles(CacheFolder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_commit_is_removed_without_what_others_share()
    {
        AddModel(Bytes(1000));
        using HubClient client = Client();
        HubSnapshot snapshot = await client.PullAsync(Reference);
        string other = HubPaths.Snapshot(CacheFolder, FakeHub.Id, Other);
        Directory.CreateDirectory(other);
        string shared = Path.Combine("..", "..", "blobs", FakeHub.GitSha1("{}"u8.ToArray()));
        File.CreateSymbolicLink(Path.Combine(other, "config.json"), shared);

        client.Cache.Remove(FakeHub.Id, snapshot.Commit);

        CachedModel model = client.Cache.Find(FakeHub.Id)!;
        Assert.Equal([Other], model.Revisions.Select(revision => revision.Commit));
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(other, "config.json")));
        Assert.False(File.Exists(Blob(Bytes(1000))));
        Assert.Null(client.Cache.FindCommit(Reference));
    }

    [Fact]
    public async Task A_spoilt_entry_is_told_and_hides_no_other()
    {
        AddModel(Bytes(100));
        using HubClient client = Client();
        await client.PullAsync(Reference);
        string circle = Path.Combine(HubPaths.ModelFolder(CacheFolder, "org/circle"), "snapshots", "x");
        Directory.CreateDirectory(circle);
        File.CreateSymbolicLink(Path.Combine(circle, "a"), Path.Combine(circle, "b"));
        File.CreateSymbolicLink(Path.Combine(circle, "b"), Path.Combine(circle, "a"));
        File.CreateSymbolicLink(Path.Combine(circle, "gone"), Path.Combine(circle, "nowhere"));
        Directory.CreateDirectory(Path.Combine(HubPaths.ModelFolder(CacheFolder, "org/odd"), "refs", "main"));
        string noFolder = Path.Combine(HubPaths.ModelFolder(CacheFolder, "org/nofolder"), "snapshots");
        Directory.CreateDirectory(Path.GetDirectoryName(noFolder)!);
        await File.WriteAllTextAsync(noFolder, "");

        IReadOnlyList<CachedModel> listed = client.Cache.List();

        Assert.Equal(["org/circle", "org/nofolder", "org/odd", FakeHub.Id], listed.Select(model => model.Id).Order(StringComparer.Ordinal));
        Assert.Single(listed.Single(model => model.Id == FakeHub.Id).Revisions);
        Assert.NotNull(client.FindCached(Reference));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("")]
    [InlineData("org/name@x")]
    public void A_name_that_is_none_removes_nothing(string id) => Assert.Equal(0, new HubCache(CacheFolder).Remove(id));
}
