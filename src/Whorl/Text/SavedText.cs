using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Generation;

namespace Whorl;

/// <summary>
/// A text in the making as a file has it: all that its next token depends on. What the servers remember is computed again from it.
/// </summary>
/// <param name="Model">The model's fingerprint, and how it is computed.</param>
/// <param name="Prompt">All ids before the text.</param>
/// <param name="Ids">What was written.</param>
/// <param name="Options">How tokens are chosen, and what ends the text.</param>
/// <param name="MaxLength">The most tokens that its session is to hold.</param>
/// <param name="StopReason">Why it ended; <see cref="StopReason.None"/> where it has not.</param>
internal sealed record SavedText(
    string Model, IReadOnlyList<int> Prompt, IReadOnlyList<int> Ids, GenerationOptions Options, int MaxLength, StopReason StopReason)
{
    private const string Format = "whorl-text-1";
    private const int MaxBytes = 64 << 20;

    /// <summary>Writes a file in one stroke: whatever happens, it is the old one or the new one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        SamplingOptions sampling = Options.Sampling;
        JsonObject json = new()
        {
            ["format"] = Format,
            ["model"] = Model,
            ["seed"] = sampling.Seed,
            ["temperature"] = sampling.Temperature,
            ["top_k"] = sampling.TopK,
            ["top_p"] = sampling.TopP,
            ["min_p"] = sampling.MinP,
            ["repetition_penalty"] = sampling.RepetitionPenalty,
            ["frequency_penalty"] = sampling.FrequencyPenalty,
            ["presence_penalty"] = sampling.PresencePenalty,
            ["max_tokens"] = Options.MaxTokens,
            ["max_length"] = MaxLength,
            ["stop"] = new JsonArray([.. Options.StopStrings.Select(text => (JsonNode)text)]),
            ["end_tokens"] = Join(Options.EndTokens),
            ["stop_reason"] = (int)StopReason,
            ["prompt"] = Join(Prompt),
            ["ids"] = Join(Ids),
        };
        string unfinished = path + ".new";
        await File.WriteAllTextAsync(unfinished, json.ToJsonString() + "\n", cancellationToken);
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="WhorlException">It is no text of ours, or of another version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<SavedText> LoadAsync(string path, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new WhorlException($"'{path}' is no text that was saved: it has more than {MaxBytes >> 20} MiB");
        }

        try
        {
            JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken))!;
            if ((string?)json["format"] is var format && format != Format)
            {
                throw new FormatException($"its format is '{format}', not '{Format}'");
            }

            SamplingOptions sampling = new()
            {
                Seed = (ulong)json["seed"]!,
                Temperature = (float)json["temperature"]!,
                TopK = (int)json["top_k"]!,
                TopP = (float)json["top_p"]!,
                MinP = (float)json["min_p"]!,
                RepetitionPenalty = (float)json["repetition_penalty"]!,
                FrequencyPenalty = (float)json["frequency_penalty"]!,
                PresencePenalty = (float)json["presence_penalty"]!,
            };
            sampling.Validate();
            GenerationOptions options = new()
            {
                Sampling = sampling,
                MaxTokens = (int)json["max_tokens"]!,
                StopStrings = [.. json["stop"]!.AsArray().Select(text => (string)text!)],
                EndTokens = Split((string)json["end_tokens"]!),
            };
            SavedText text = new(
                (string)json["model"]!,
                Split((string)json["prompt"]!),
                Split((string)json["ids"]!),
                options,
                (int)json["max_length"]!,
                (StopReason)(int)json["stop_reason"]!);
            return text.Prompt.Count > 0 && options.MaxTokens >= 0 && text.MaxLength >= text.Prompt.Count && Enum.IsDefined(text.StopReason)
                ? text
                : throw new FormatException("its numbers cannot be");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NullReferenceException
            or ArgumentException or OverflowException)
        {
            throw new WhorlException($"'{path}' is no text that was saved, or another version's: {e.Message}");
        }
    }

    private static string Join(IEnumerable<int> ids) => string.Join(' ', ids);

    private static int[] Split(string ids) =>
        [.. ids.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static int Parse(string id) => int.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture);
}
