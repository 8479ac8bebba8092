using System.Collections.Concurrent;
using Whorl.Testing;

namespace Whorl.Formats.Tests;

public sealed class HubPullTests : HubTestBase
{
    [Fact]
    public async Task A_model_arrives_in_the_layout_that_other_tools_read()
    {
        byte[] weights = Bytes(300_000);
        AddModel(weights);
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference);

        string model = Path.Combine(CacheFolder, "models--org--tiny");
        Assert.Equal(Path.Combine(model, "snapshots", FakeHub.Commit), snapshot.Folder);
        Assert.Equal(["config.json", "model.safetensors"], snapshot.Files);
        Assert.Equal(FakeHub.Commit, await File.ReadAllTextAsync(Path.Combine(model, "refs", "main")));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(model, "blobs", FakeHub.Sha256(weights))));
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(model, "blobs", FakeHub.GitSha1("{}"u8.ToArray()))));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Equal(
            Path.Combine("..", "..", "blobs", FakeHub.Sha256(weights)),
            new FileInfo(Path.Combine(snapshot.Folder, "model.safetensors")).LinkTarget);
        Assert.Empty(Directory.GetFiles(model, "*.incomplete", SearchOption.AllDirectories));
        Assert.Equal(snapshot.Folder, snapshot.ModelPath);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_never_to_another_host()
    {
        AddModel(Bytes(1000));
        using HubClient client = Client();

        await client.PullAsync(Reference);

        Assert.All(Hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.NotEmpty(Hub.StorageRequests);
        Assert.All(Hub.StorageRequests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task What_is_in_the_cache_is_not_fetched_again()
    {
        AddModel(Bytes(1000));
        using HubClient client = Client();
        await client.PullAsync(Reference);

        await client.PullAsync(Reference);

        Assert.Single(Hub.StorageRequests);
        Assert.Single(Hub.Requests, request =>
            request.Method == "GET" && request.Path.EndsWith("config.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transfer_that_was_cut_goes_on_from_there()
    {
        byte[] weights = Bytes(200_000);
        AddModel(weights);
        int cuts = 0;
        Hub.OnStorage = (request, content) => cuts++ < 3 ? FakeHub.Content(request, content) with { CutAfter = 50_000 } : null;
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Equal([null, 50_000L, 100_000L, 150_000L], Hub.StorageRequests.Select(request => request.RangeStart));
    }

    [Fact]
    public async Task A_download_given_up_goes_on_in_the_next_run()
    {
        byte[] weights = Bytes(200_000);
        AddModel(weights);
        Hub.OnStorage = (request, content) => request.RangeStart is null
            ? FakeHub.Content(request, content) with { CutAfter = 120_000 }
            : HubAnswer.Error(503);
        using (HubClient first = Client())
        {
            HubException error = await Assert.ThrowsAsync<HubException>(() => first.PullAsync(Reference));
            Assert.Equal(HubErrorKind.Network, error.Kind);
        }

        Assert.Equal(120_000, new FileInfo(Blob(weights) + ".incomplete").Length);
        Hub.OnStorage = (_, _) => null;
        using HubClient second = Client();
        HubSnapshot snapshot = await second.PullAsync(Reference);

        Assert.Equal(120_000, Hub.StorageRequests[^1].RangeStart);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task Silence_counts_as_a_cut()
    {
        byte[] weights = Bytes(50_000);
        AddModel(weights);
        Hub.OnStorage = (request, content) => request.RangeStart is null
            ? new HubAnswer(200, content) { CutAfter = 10_000, Silent = true }
            : null;
        using HubClient client = Client(settings => settings with { IdleTimeout = TimeSpan.FromMilliseconds(900) });

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_the_whole_file_anew()
    {
        byte[] weights = Bytes(100_000);
        AddModel(weights);
        int answers = 0;
        Hub.OnStorage = (_, content) => new HubAnswer(200, content) { CutAfter = answers++ == 0 ? 60_000 : null };
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal([null, 60_000L], Hub.StorageRequests.Select(request => request.RangeStart));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_hub_that_asks_for_patience_gets_it(int status)
    {
        AddModel(Bytes(1000));
        int refusals = 0;
        Hub.OnHub = _ => refusals++ == 0 ? HubAnswer.Error(status) with { Headers = new() { ["Retry-After"] = "7" } } : null;
        using HubClient client = Client();

        await client.PullAsync(Reference);

        Assert.Equal([TimeSpan.FromSeconds(7)], Clock.Waits);
    }

    [Fact]
    public async Task Attempts_grow_rarer_and_end()
    {
        Hub.OnHub = _ => HubAnswer.Error(500);
        using HubClient client = Client();

        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));

        Assert.Equal(HubErrorKind.Network, error.Kind);
        Assert.Equal([1, 2, 4, 8], Clock.Waits.Select(wait => wait.TotalSeconds));
        Assert.Equal(5, Hub.Requests.Count);
    }

    [Fact]
    public async Task A_hub_that_cannot_be_reached_is_named_at_once()
    {
        using HubClient client = Client(settings => settings with { Endpoint = new Uri("http://127.0.0.1:9") });
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));
        Assert.Equal(HubErrorKind.Network, error.Kind);
        Assert.Contains("127.0.0.1 cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.Empty(Clock.Waits);
    }

    [Fact]
    public async Task A_hub_that_has_answered_and_is_gone_for_a_while_is_waited_for()
    {
        AddModel(Bytes(100));
        using HubClient client = new(Settings, new UnreliableHandler(request => request is 2 or 3), Clock);

        await client.PullAsync(Reference);

        Assert.Equal(2, Clock.Waits.Count);
    }

    [Fact]
    public async Task A_wrong_content_is_fetched_once_more()
    {
        byte[] weights = Bytes(5000);
        AddModel(weights);
        int answers = 0;
        Hub.OnStorage = (_, content) => answers++ == 0 ? new HubAnswer(200, Bytes(content.Length, seed: 2)) : null;
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal(2, Hub.StorageRequests.Count);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
    }

    [Fact]
    public async Task A_content_that_stays_wrong_is_an_error_and_leaves_nothing()
    {
        byte[] weights = Bytes(5000);
        AddModel(weights);
        Hub.OnStorage = (_, content) => new HubAnswer(200, Bytes(content.Length, seed: 2));
        using HubClient client = Client();

        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));

        Assert.Equal(HubErrorKind.Corrupt, error.Kind);
        Assert.Equal(2, Hub.StorageRequests.Count);
        Assert.False(File.Exists(Blob(weights)));
        Assert.False(File.Exists(Blob(weights) + ".incomplete"));
    }

    [Fact]
    public async Task A_damaged_small_file_is_noticed_by_its_git_checksum()
    {
        Hub.Add("config.json", "{\"a\":1}");
        Hub.Add("model.safetensors", Bytes(100), isLarge: true);
        Hub.OnHub = request => request.Method == "GET" && request.Path.EndsWith("config.json", StringComparison.Ordinal)
            ? new HubAnswer(200, "{\"a\":2}"u8.ToArray())
            : null;
        using HubClient client = Client();

        Assert.Equal(HubErrorKind.Corrupt, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Theory]
    [InlineData(4999)]
    [InlineData(5001)]
    public async Task A_content_of_the_wrong_length_is_an_error(int length)
    {
        AddModel(Bytes(5000));
        Hub.OnStorage = (_, _) => new HubAnswer(200, Bytes(length));
        using HubClient client = Client();

        Assert.Equal(HubErrorKind.Corrupt, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Fact]
    public async Task A_partial_file_of_another_content_is_replaced()
    {
        byte[] weights = Bytes(5000);
        AddModel(weights);
        string partial = Blob(weights) + ".incomplete";
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        await File.WriteAllBytesAsync(partial, Bytes(2000, seed: 9));
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(Reference);

        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.Equal([2000L, null], Hub.StorageRequests.Select(request => request.RangeStart));
    }

    [Fact]
    public async Task A_disk_too_small_is_told_before_anything_is_fetched()
    {
        AddModel(Bytes(5000));
        using HubClient client = Client(free: 4000);

        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));

        Assert.Equal(HubErrorKind.DiskFull, error.Kind);
        Assert.Contains("5002", error.Message, StringComparison.Ordinal);
        Assert.Empty(Hub.StorageRequests);
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_told_with_the_bytes_that_are_missing()
    {
        byte[] weights = Bytes(900_000);
        AddModel(weights);
        using HubClient client = Client(open: path => path.Contains(FakeHub.Sha256(weights), StringComparison.Ordinal)
            ? new FullDiskStream(BlobDownload.OpenFile(path), room: 300_000)
            : BlobDownload.OpenFile(path));

        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));

        Assert.Equal(HubErrorKind.DiskFull, error.Kind);
        long there = new FileInfo(Blob(weights) + ".incomplete").Length;
        Assert.Contains($" {900_000 - there} more bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "GatedRepo", HubErrorKind.AccessDenied, "accept its terms")]
    [InlineData(403, "GatedRepo", HubErrorKind.AccessDenied, "accept its terms")]
    [InlineData(401, null, HubErrorKind.AccessDenied, "HF_TOKEN")]
    [InlineData(401, "RepoNotFound", HubErrorKind.NotFound, "HF_TOKEN")]
    [InlineData(404, "RevisionNotFound", HubErrorKind.NotFound, "no revision 'main'")]
    [InlineData(404, null, HubErrorKind.NotFound, "check the name")]
    public async Task A_refusal_says_what_to_do_and_is_not_repeated(int status, string? code, HubErrorKind kind, string advice)
    {
        Hub.OnHub = _ => HubAnswer.Error(status, code);
        using HubClient client = Client(settings => settings with { Token = null });

        HubException error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference));

        Assert.Equal(kind, error.Kind);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        Assert.Single(Hub.Requests);
    }

    [Fact]
    public async Task A_renamed_model_is_followed_within_the_hub_with_the_token()
    {
        AddModel(Bytes(100));
        Hub.OnHub = request =>
        {
            string renamed = request.Path.Replace("org/old", FakeHub.Id, StringComparison.Ordinal);
            return renamed == request.Path ? null : new HubAnswer(307, []) { Headers = new() { ["Location"] = renamed } };
        };
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullAsync(HubReference.Parse("org/old"));

        Assert.True(File.Exists(Path.Combine(snapshot.Folder, "model.safetensors")));
        Assert.All(Hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
    }

    [Fact]
    public async Task Redirects_without_end_are_refused()
    {
        Hub.OnHub = request => new HubAnswer(302, []) { Headers = new() { ["Location"] = request.Path } };
        using HubClient client = Client();
        Assert.Equal(HubErrorKind.InvalidResponse, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a\\evil")]
    [InlineData("c:evil")]
    [InlineData("a//b")]
    [InlineData("")]
    public async Task A_file_name_that_leads_out_of_the_cache_is_refused(string name)
    {
        AddModel(Bytes(100));
        Hub.Add(name, "x");
        using HubClient client = Client();
        Assert.Equal(HubErrorKind.InvalidResponse, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"sha":"../../x","siblings":[]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{}]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":{"rfilename":1}}""")]
    public async Task A_list_of_files_that_makes_no_sense_is_refused(string json)
    {
        Hub.OnHub = _ => HubAnswer.Json(json);
        using HubClient client = Client();
        Assert.Equal(HubErrorKind.InvalidResponse, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Theory]
    [InlineData("../../../evil")]
    [InlineData("")]
    [InlineData("..")]
    public async Task An_etag_that_is_no_file_name_is_refused(string etag)
    {
        AddModel(Bytes(100));
        Hub.OnHub = request => request.Method == "HEAD" ? new HubAnswer(200, []) { Headers = new() { ["ETag"] = $"\"{etag}\"" } } : null;
        using HubClient client = Client();
        Assert.Equal(HubErrorKind.InvalidResponse, (await Assert.ThrowsAsync<HubException>(() => client.PullAsync(Reference))).Kind);
    }

    [Fact]
    public async Task Where_links_are_not_allowed_files_are_copied()
    {
        byte[] weights = Bytes(1000);
        AddModel(weights);
        using HubClient client = Client(link: (_, _) => throw new UnauthorizedAccessException("no privilege"));

        HubSnapshot snapshot = await client.PullAsync(Reference);

        string file = Path.Combine(snapshot.Folder, "model.safetensors");
        Assert.Null(new FileInfo(file).LinkTarget);
        Assert.Equal(weights, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task Offline_finds_what_the_cache_has_and_asks_nobody()
    {
        AddModel(Bytes(1000));
        using (HubClient online = Client())
        {
            await online.PullAsync(Reference);
        }

        int before = Hub.Requests.Count;
        using HubClient offline = Client(settings => settings with { Offline = true });

        Assert.Equal(["config.json", "model.safetensors"], (await offline.PullAsync(Reference)).Files);
        Assert.Equal(FakeHub.Commit, (await offline.PullAsync(Reference with { Revision = FakeHub.Commit })).Commit);
        HubException error = await Assert.ThrowsAsync<HubException>(() => offline.PullAsync(HubReference.Parse("org/other")));
        Assert.Equal(HubErrorKind.Offline, error.Kind);
        Assert.Equal(before, Hub.Requests.Count);
    }

    [Fact]
    public async Task Offline_does_not_take_a_part_for_the_whole()
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model-00001-of-00002.safetensors", Bytes(10), isLarge: true);
        Hub.Add("model-00002-of-00002.safetensors", Bytes(20), isLarge: true);
        using HubClient client = Client();
        HubSnapshot snapshot = await client.PullAsync(Reference);
        Assert.NotNull(client.FindCached(Reference));

        File.Delete(Blob(Bytes(20)));
        Assert.Null(client.FindCached(Reference));

        File.Delete(Path.Combine(snapshot.Folder, "model-00002-of-00002.safetensors"));
        Assert.Null(client.FindCached(Reference));
    }

    [Fact]
    public async Task Progress_ends_with_all_bytes_and_never_goes_back()
    {
        AddModel(Bytes(400_000));
        var seen = new ConcurrentQueue<HubProgress>();
        using HubClient client = Client(settings => settings with { MaxParallelFiles = 1 });

        await client.PullAsync(Reference, new Observer(seen.Enqueue));

        Assert.Equal(400_002, seen.Max(step => step.TotalBytes));
        Assert.All(seen, step => Assert.Equal(400_002, step.TotalSize));
        Assert.Equal(seen.Select(step => step.TotalBytes).Order(), seen.Select(step => step.TotalBytes));
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_each_file_once()
    {
        AddModel(Bytes(100_000));
        using HubClient first = Client();
        using HubClient second = Client();

        await Task.WhenAll(first.PullAsync(Reference), second.PullAsync(Reference));

        Assert.Single(Hub.StorageRequests);
    }

    [Fact]
    public async Task A_pull_that_is_cancelled_ends_and_keeps_what_it_has()
    {
        byte[] weights = Bytes(100_000);
        AddModel(weights);
        using var stop = new CancellationTokenSource();
        Hub.OnStorage = (_, content) => new HubAnswer(200, content) { CutAfter = 40_000, Silent = true };
        using HubClient client = Client();
        var progress = new Observer(step =>
        {
            if (step.File == "model.safetensors" && step.FileBytes == 40_000)
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PullAsync(Reference, progress, stop.Token));

        Assert.Equal(40_000, new FileInfo(Blob(weights) + ".incomplete").Length);
    }

    [Fact]
    public async Task Files_in_folders_and_with_odd_names_arrive()
    {
        Hub.Add("sub/dir/a b#c.txt", "x");
        using HubClient client = Client();

        HubSnapshot snapshot = await client.PullFilesAsync(Reference, _ => true);

        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(snapshot.Folder, "sub", "dir", "a b#c.txt")));
    }

    private sealed class Observer(Action<HubProgress> seen) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => seen(value);
    }
}
