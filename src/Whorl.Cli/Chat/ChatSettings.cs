using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Generation;

namespace Whorl.Cli.Chat;

/// <summary>The options of a chat that can be seen and changed while it runs, by the names that its files use.</summary>
internal static class ChatSettings
{
    /// <summary>In place of a value: what the model does by itself.</summary>
    public const string Default = "default";

    private static readonly Setting[] All =
    [
        Number("temperature", "0 or more", v => v >= 0, (r, v) => r with { Temperature = v }, s => s.Temperature),
        Whole("top_k", 0, (r, v) => r with { TopK = v }, (_, g) => g.Sampling.TopK),
        Number("top_p", "above 0 and at most 1", v => v is > 0 and <= 1, (r, v) => r with { TopP = v }, s => s.TopP),
        Number("min_p", "from 0 to 1", v => v is >= 0 and <= 1, (r, v) => r with { MinP = v }, s => s.MinP),
        Number("repetition_penalty", "above 0", v => v > 0, (r, v) => r with { RepetitionPenalty = v }, s => s.RepetitionPenalty),
        Number("presence_penalty", "finite", _ => true, (r, v) => r with { PresencePenalty = v ?? 0 }, s => s.PresencePenalty),
        Number("frequency_penalty", "finite", _ => true, (r, v) => r with { FrequencyPenalty = v ?? 0 }, s => s.FrequencyPenalty),
        new("seed", "a whole number, 0 or more", SetSeed, (_, g) => JsonValue.Create(g.Sampling.Seed)),
        Whole("max_tokens", 1, (r, v) => r with { MaxTokens = v }, (r, _) => r.MaxTokens),
        new("stop", "a text, or a JSON array of texts", SetStop, (r, _) => new JsonArray([.. r.StopStrings.Select(s => (JsonNode)JsonValue.Create(s))])),
        new("ignore_eos", "true or false", SetIgnoreEnds, (r, _) => JsonValue.Create(r.IgnoreEndTokens)),
    ];

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(s => s.Name)];

    /// <summary>What holds now, in order; null where nothing limits.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Values(TextOptions request, ModelText text)
    {
        GenerationOptions resolved = request.Resolve(text);
        return All.Select(s => KeyValuePair.Create(s.Name, s.Get(request, resolved)));
    }

    /// <summary>Changes one.</summary>
    /// <param name="request">What holds now.</param>
    /// <param name="name">Its name; hyphens will do.</param>
    /// <param name="value">Its value, or <see cref="Default"/>.</param>
    /// <exception cref="CliException">There is none of the name, or it takes no such value.</exception>
    public static TextOptions Set(TextOptions request, string name, string value)
    {
        string known = Find(name);
        Setting setting = All.Single(s => s.Name == known);
        string? given = value == Default ? null : value;
        return setting.Set(request, given) ?? throw new CliException($"{known} is '{value}'; it must be {setting.Wanted}, or {Default}");
    }

    /// <summary>The name of an option as it is known; hyphens and capitals will do.</summary>
    /// <exception cref="CliException">There is none of the name.</exception>
    public static string Find(string name)
    {
        string known = name.Replace('-', '_').ToLowerInvariant();
        return Names.Contains(known) ? known : throw new CliException(
            $"there is no '{name}' to set{(Spelling.Nearest(known, Names) is { } near ? $"; did you mean {near}?" : "")}; there are {string.Join(", ", Names)}");
    }

    private static Setting Number(
        string name, string wanted, Predicate<float> fits, Func<TextOptions, float?, TextOptions> set, Func<SamplingOptions, float> get) => new(
            name,
            "a number, " + wanted,
            (request, text) => text is null ? set(request, null)
                : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value) && fits(value)
                    ? set(request, value)
                    : null,
            (_, resolved) => JsonValue.Create(get(resolved.Sampling)));

    private static Setting Whole(
        string name, int least, Func<TextOptions, int?, TextOptions> set, Func<TextOptions, GenerationOptions, int?> get) => new(
            name,
            $"a whole number, {least} or more",
            (request, text) => text is null ? set(request, null)
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least ? set(request, value)
                : null,
            (request, resolved) => get(request, resolved) is { } value ? JsonValue.Create(value) : null);

    private static TextOptions? SetSeed(TextOptions request, string? text) =>
        text is null ? request with { Seed = (ulong)Random.Shared.NextInt64(1L << 48) }
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? request with { Seed = seed }
        : null;

    private static TextOptions? SetIgnoreEnds(TextOptions request, string? text) =>
        bool.TryParse(text ?? "false", out bool value) ? request with { IgnoreEndTokens = value } : null;

    private static TextOptions? SetStop(TextOptions request, string? text)
    {
        if (text is null)
        {
            return request with { StopStrings = [] };
        }

        if (!text.StartsWith('['))
        {
            return text.Length > 0 ? request with { StopStrings = [text] } : null;
        }

        try
        {
            string[]? stops = (JsonNode.Parse(text) as JsonArray)?.Select(n => n is JsonValue v && v.TryGetValue(out string? s) ? s : "").ToArray();
            return stops is null || stops.Contains("") ? null : request with { StopStrings = stops };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Setting(
        string Name, string Wanted, Func<TextOptions, string?, TextOptions?> Set, Func<TextOptions, GenerationOptions, JsonNode?> Get);
}
