using System.Text.Json;

namespace Whorl.Testing.Petals;

/// <summary>A recorded conversation of a swarm of real Petals processes: a JSON file and the bytes that it points into.</summary>
public sealed class Transcript
{
    /// <summary>The recordings, by file name.</summary>
    public static readonly IReadOnlyList<string> All = ["v2.2.0", "v2.2.0-bf16", "v2.2.0-bloom", "v2.2.0-large", "v2.3.0dev2"];

    private Transcript(double startUnix, IReadOnlyList<TranscriptCall> calls) => (StartUnix, Calls) = (startUnix, calls);

    /// <summary>When the recording began, in seconds of unix time.</summary>
    public double StartUnix { get; }

    /// <summary>The calls in the order in which they began.</summary>
    public IReadOnlyList<TranscriptCall> Calls { get; }

    /// <summary>Reads one of <see cref="All"/>.</summary>
    public static Transcript Load(string name)
    {
        byte[] bytes = File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", name + ".bin"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", name + ".json")));
        JsonElement root = document.RootElement;
        return new Transcript(
            root.GetProperty("start_unix").GetDouble(),
            [.. root.GetProperty("calls").EnumerateArray().Select(call => ReadCall(call, bytes))]);
    }

    /// <summary>The calls of a scenario, or of a group of scenarios (all that begin with <c>scenario/</c>).</summary>
    public IEnumerable<TranscriptCall> Of(string scenario) =>
        Calls.Where(call => call.Scenario == scenario || call.Scenario.StartsWith(scenario + "/", StringComparison.Ordinal));

    private static TranscriptCall ReadCall(JsonElement call, byte[] bytes) => new(
        Text(call, "scenario"),
        Text(call, "by"),
        Text(call, "kind") == "stream",
        Text(call, "method"),
        Text(call, "caller"),
        Text(call, "callee"),
        call.GetProperty("t_ms").GetDouble(),
        [.. call.GetProperty("events").EnumerateArray().Select(e => ReadEvent(e, bytes))]);

    private static TranscriptEvent ReadEvent(JsonElement item, byte[] bytes)
    {
        int length = item.TryGetProperty("length", out JsonElement l) ? l.GetInt32() : 0;
        byte[]? message = item.TryGetProperty("offset", out JsonElement offset) ? bytes.AsSpan(offset.GetInt32(), length).ToArray() : null;
        string? text = item.TryGetProperty("text", out JsonElement t) || item.TryGetProperty("error", out t) ? t.GetString() : null;
        return new TranscriptEvent(Text(item, "ev"), message, length, text, item.GetProperty("t_ms").GetDouble());
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
