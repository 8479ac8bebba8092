namespace Whorl.Testing;

/// <summary>A request that the hub of a test received.</summary>
public sealed record HubRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Authorization => Headers.GetValueOrDefault("authorization");

    /// <summary>The first byte a Range header asks for; null without one.</summary>
    public long? RangeStart => Headers.TryGetValue("range", out string? range) ? long.Parse(range["bytes=".Length..].Split('-')[0]) : null;

    /// <summary>The last byte it asks for; null for all that follow.</summary>
    public long? RangeEnd => Headers.TryGetValue("range", out string? range) && range.Split('-')[1] is { Length: > 0 } end
        ? long.Parse(end)
        : null;
}
