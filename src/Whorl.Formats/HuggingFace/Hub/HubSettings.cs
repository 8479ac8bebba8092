namespace Whorl.Formats;

/// <summary>Where the hub and its cache are, and how patient to be.</summary>
public sealed record HubSettings
{
    /// <summary>The public hub.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The hub's address.</summary>
    /// <value><see cref="DefaultEndpoint"/></value>
    public Uri Endpoint { get; init; } = new(DefaultEndpoint);

    /// <summary>The cache's folder, which other tools share: it holds <c>models--org--name</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The access token, sent to the hub's own host only; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing may be asked of the network: only what the cache has is found.</summary>
    public bool Offline { get; init; }

    /// <summary>How many times in a row a request may fail, with no byte gained, before it is given up.</summary>
    /// <value>5</value>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>How long the hub may stay silent before a connection counts as cut.</summary>
    /// <value>60 seconds</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many files are fetched at a time.</summary>
    /// <value>4</value>
    public int MaxParallelFiles { get; init; } = 4;

    /// <summary>Reads the environment variables that Hugging Face's own tools read.</summary>
    /// <param name="variable">Gives a variable's value; null reads the process's environment.</param>
    /// <remarks>
    /// Cache: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, or <c>hub</c> in HF_HOME, which by default is <c>huggingface</c> in XDG_CACHE_HOME or
    /// <c>~/.cache</c>. Token: HF_TOKEN, HUGGING_FACE_HUB_TOKEN, or the file HF_TOKEN_PATH, by default <c>token</c> in HF_HOME.
    /// HF_ENDPOINT and HF_HUB_OFFLINE. Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    /// </remarks>
    /// <exception cref="HubException">HF_ENDPOINT is no address.</exception>
    public static HubSettings FromEnvironment(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        string? Get(string name) => variable(name) is { } value && value.Trim().Length > 0 ? value.Trim() : null;

        string userHome = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string home = Get("HF_HOME") ?? Path.Combine(Get("XDG_CACHE_HOME") ?? Path.Combine(userHome, ".cache"), "huggingface");
        string cache = Get("HF_HUB_CACHE") ?? Get("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub");
        string tokenFile = Get("HF_TOKEN_PATH") ?? Path.Combine(home, "token");
        return new HubSettings
        {
            Endpoint = ReadEndpoint(Get("HF_ENDPOINT") ?? DefaultEndpoint),
            CacheFolder = Path.GetFullPath(WithHome(cache, userHome)),
            Token = Get("HF_TOKEN") ?? Get("HUGGING_FACE_HUB_TOKEN") ?? ReadToken(WithHome(tokenFile, userHome)),
            Offline = Get("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
        };
    }

    private static string WithHome(string path, string home) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? home + path[1..] : path;

    private static string? ReadToken(string path) =>
        File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;

    private static Uri ReadEndpoint(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw new HubException(HubErrorKind.Network, $"HF_ENDPOINT is '{text}', which is no http or https address");
}
