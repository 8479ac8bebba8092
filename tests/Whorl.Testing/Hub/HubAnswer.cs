namespace Whorl.Testing;

/// <summary>What the hub of a test answers.</summary>
public sealed record HubAnswer(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>After how many bytes of the body the connection is cut; null for none.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Whether the hub falls silent where it would cut.</summary>
    public bool Silent { get; init; }

    /// <summary>The Content-Length to be told; null for the body's.</summary>
    public long? ToldLength { get; init; }

    public static HubAnswer Json(string json) => new(200, System.Text.Encoding.UTF8.GetBytes(json));

    public static HubAnswer Error(int status, string? code = null) => new(status, [])
    {
        Headers = code is null ? [] : new Dictionary<string, string> { ["X-Error-Code"] = code },
    };
}
