using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Generation.Speculation;
using Whorl.Models;

namespace Whorl.Cli.Output;

/// <summary>Results as JSON and as lines for people.</summary>
internal static class ResultWriter
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(),
    };

    /// <summary>What run and demo tell of a text.</summary>
    /// <param name="model">What the command line calls the model.</param>
    /// <param name="result">The text.</param>
    /// <param name="template">Whether the prompt was put into the model's chat template.</param>
    public static JsonObject ToJson(string model, TextResult result, bool template)
    {
        JsonObject json = new()
        {
            ["model"] = model,
            ["template"] = template,
            ["prompt_ids"] = Numbers(result.PromptIds),
            ["ids"] = Numbers(result.Ids),
            ["text"] = result.Text,
            ["seed"] = result.Seed,
            ["stop_reason"] = Name(result.StopReason),
            ["prefill"] = Prefill(result),
            ["decode"] = Decode(result),
            ["chain"] = new JsonArray([.. result.Holders.Select(Holder)]),
            ["recoveries"] = new JsonArray([.. result.Recoveries.Select(Recovery)]),
        };
        if (result.Speculation is { } speculation)
        {
            json["speculation"] = Speculation(speculation);
        }

        return json;
    }

    /// <summary>How fast a text went that is compared with another: what both have alike is left out.</summary>
    public static JsonObject Times(TextResult result) => new() { ["prefill"] = Prefill(result), ["decode"] = Decode(result) };

    /// <summary>Prints an object on one line of standard output.</summary>
    public static void Print(JsonObject json) => Console.Out.WriteLine(json.ToJsonString(Readable));

    /// <summary>What was lost on the way and is there again, in one line; null where nothing was.</summary>
    public static string? Losses(TextResult result)
    {
        if (result.Recoveries.Count == 0)
        {
            return null;
        }

        TimeSpan pause = result.Recoveries.Aggregate(TimeSpan.Zero, (sum, recovery) => sum + recovery.Pause);
        string servers = string.Join("; ", result.Recoveries.Select(r => $"{ServerName.Short(r.Server)} (blocks {r.Range}), {Cure(r.Kind)}"));
        string tokens = Count("token", result.Recoveries.Sum(r => r.ReplayedTokens));
        return string.Create(CultureInfo.InvariantCulture, $"lost on the way: {servers}; {tokens} computed again, {pause.TotalSeconds:F2} s in all");
    }

    /// <summary>How fast it went, in one line.</summary>
    public static string Speed(TextResult result) => $"{Rates(result)}; ended by {Name(result.StopReason).Replace('_', ' ')}";

    /// <summary>What guessing ahead has come to, in one line; null where nobody did.</summary>
    public static string? Guesses(TextResult result) => result.Speculation is { } guesses
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"guessed ahead: {guesses.TokensPerPass:F2} tokens a pass, {guesses.Accepted} of {Count("guess", guesses.Drafted, "guesses")} came true, "
            + $"{guesses.ByRoute["off"].Passes} of {Count("pass", guesses.Passes, "passes")} without any")
        : null;

    /// <summary>The speeds alone.</summary>
    public static string Rates(TextResult result)
    {
        string prompt = Speed("prompt token", result.PromptIds.Count, result.PromptIds.Count, result.Prefill);
        return $"{prompt}, {Speed("token", result.Ids.Count, result.DecodeSteps, result.Decode)}";
    }

    /// <summary>Numbers as a JSON array.</summary>
    public static JsonArray Numbers(IEnumerable<int> values) => [.. values.Select(v => (JsonNode)JsonValue.Create(v))];

    /// <param name="what">What there are.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="computed">How many of them took the time: a text's first token comes from the prompt's logits.</param>
    /// <param name="time">The time.</param>
    private static string Speed(string what, int tokens, int computed, TimeSpan time)
    {
        string rate = computed > 0 && time > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $" ({computed / time.TotalSeconds:F1}/s)")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Count(what, tokens)} in {time.TotalSeconds:F2} s{rate}");
    }

    private static JsonObject Prefill(TextResult result) =>
        new() { ["tokens"] = result.PromptIds.Count, ["seconds"] = result.Prefill.TotalSeconds };

    private static JsonObject Decode(TextResult result) => new() { ["tokens"] = result.DecodeSteps, ["seconds"] = result.Decode.TotalSeconds };

    private static JsonObject Speculation(SpeculationStatistics speculation) => new()
    {
        ["passes"] = speculation.Passes,
        ["tokens_per_pass"] = speculation.TokensPerPass,
        ["drafted"] = speculation.Drafted,
        ["accepted"] = speculation.Accepted,
        ["by_route"] = new JsonObject(speculation.ByRoute.Select(route => KeyValuePair.Create(route.Key, (JsonNode?)new JsonObject
        {
            ["passes"] = route.Value.Passes,
            ["drafted"] = route.Value.Drafted,
            ["accepted"] = route.Value.Accepted,
        }))),
    };

    private static JsonObject Holder(BlockHolder holder) => new()
    {
        ["server"] = holder.Name,
        ["first_block"] = holder.Range.First,
        ["last_block"] = holder.Range.Last,
        ["steps"] = holder.Steps,
        ["seconds"] = holder.Total.TotalSeconds,
        ["computing_seconds"] = holder.Computing.TotalSeconds,
    };

    private static JsonObject Recovery(SessionRecovery recovery) => new()
    {
        ["server"] = recovery.Server,
        ["first_block"] = recovery.Range.First,
        ["last_block"] = recovery.Range.Last,
        ["kind"] = recovery.Kind.ToString().ToLowerInvariant(),
        ["pause_ms"] = recovery.Pause.TotalMilliseconds,
        ["replayed_tokens"] = recovery.ReplayedTokens,
    };

    private static string Cure(RecoveryKind kind) => kind switch
    {
        RecoveryKind.Attach => "reached again",
        RecoveryKind.Reopen => "which came back",
        RecoveryKind.Local => "computed here since",
        RecoveryKind.Hedge => "overtaken by another server",
        _ => "replaced by others",
    };

    private static string Count(string what, int count, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? what : many ?? what + "s")}");

    private static string Name(StopReason reason) => reason switch
    {
        StopReason.EndToken => "end_token",
        StopReason.StopString => "stop_string",
        StopReason.MaxTokens => "max_tokens",
        StopReason.ContextFull => "context_full",
        _ => "none",
    };
}
