using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Whorl.Testing;

/// <summary>A hub with one model, on this machine. Large files are stored on a second host, as the real one has it.</summary>
public sealed class FakeHub : IAsyncDisposable
{
    public const string Id = "org/tiny";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private readonly Lock _gate = new();
    private readonly LocalServer _hub;
    private readonly LocalServer _storage;
    private readonly Dictionary<string, (byte[] Content, bool IsLarge)> _files = [];
    private readonly List<HubRequest> _requests = [];
    private readonly List<HubRequest> _storageRequests = [];

    public FakeHub()
    {
        _hub = new LocalServer(AnswerHub);
        _storage = new LocalServer(AnswerStorage);
    }

    public Uri Address => _hub.Address;

    /// <summary>Asked first; null leaves the answer to the hub as it works.</summary>
    public Func<HubRequest, HubAnswer?> OnHub { get; set; } = _ => null;

    /// <summary>As <see cref="OnHub"/>, for the host of large files; the content is given.</summary>
    public Func<HubRequest, byte[], HubAnswer?> OnStorage { get; set; } = (_, _) => null;

    public IReadOnlyList<HubRequest> Requests => Copy(_requests);

    public IReadOnlyList<HubRequest> StorageRequests => Copy(_storageRequests);

    public void Add(string name, byte[] content, bool isLarge = false) => _files[name] = (content, isLarge);

    public void Add(string name, string text) => Add(name, Encoding.UTF8.GetBytes(text));

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The name git gives a content.</summary>
    public static string GitSha1(byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _storage.DisposeAsync();
    }

    /// <summary>The answer of a server that honours ranges.</summary>
    public static HubAnswer Content(HubRequest request, byte[] content)
    {
        if (request.RangeStart is not { } start)
        {
            return new HubAnswer(200, content);
        }

        long end = Math.Min(request.RangeEnd ?? content.Length - 1, content.Length - 1);
        return start >= content.Length ? new HubAnswer(416, []) : new HubAnswer(206, content[(int)start..(int)(end + 1)])
        {
            Headers = new Dictionary<string, string> { ["Content-Range"] = $"bytes {start}-{end}/{content.Length}" },
        };
    }

    private HubAnswer AnswerHub(HubRequest request)
    {
        lock (_gate)
        {
            _requests.Add(request);
        }

        if (OnHub(request) is { } other)
        {
            return other;
        }

        if (request.Path.StartsWith($"/api/models/{Id}/revision/", StringComparison.Ordinal))
        {
            string files = string.Join(',', _files.Keys.Select(name => $"{{\"rfilename\":{JsonSerializer.Serialize(name)}}}"));
            return HubAnswer.Json($"{{\"id\":\"{Id}\",\"sha\":\"{Commit}\",\"siblings\":[{files}]}}");
        }

        string prefix = $"/{Id}/resolve/{Commit}/";
        if (!request.Path.StartsWith(prefix, StringComparison.Ordinal))
        {
            return HubAnswer.Error(401, "RepoNotFound");
        }

        string file = Uri.UnescapeDataString(request.Path[prefix.Length..]);
        return _files.TryGetValue(file, out (byte[] Content, bool IsLarge) found)
            ? AnswerFile(request, file, found.Content, found.IsLarge)
            : HubAnswer.Error(404, "EntryNotFound");
    }

    private HubAnswer AnswerFile(HubRequest request, string file, byte[] content, bool isLarge)
    {
        HubAnswer answer = isLarge ? new HubAnswer(302, []) : Content(request, content);
        answer.Headers["X-Repo-Commit"] = Commit;
        answer.Headers["ETag"] = $"\"{(isLarge ? "pointer" : GitSha1(content))}\"";
        if (isLarge)
        {
            answer.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
            answer.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
            answer.Headers["Location"] = new Uri(_storage.Address, "/" + Uri.EscapeDataString(file)).ToString();
        }

        return answer;
    }

    private HubAnswer AnswerStorage(HubRequest request)
    {
        lock (_gate)
        {
            _storageRequests.Add(request);
        }

        byte[] content = _files[Uri.UnescapeDataString(request.Path[1..])].Content;
        return OnStorage(request, content) ?? Content(request, content);
    }

    private HubRequest[] Copy(List<HubRequest> requests)
    {
        lock (_gate)
        {
            return [.. requests];
        }
    }
}
