using System.Text.Json;
using Whorl.Formats;

namespace Whorl.Models;

/// <summary>What a model's generation_config.json says of writing texts; null where it says nothing.</summary>
public sealed record GenerationConfig
{
    internal const string FileName = "generation_config.json";

    /// <summary>Whether tokens are drawn; false: the likeliest is always taken, whatever else stands beside it.</summary>
    public bool? Samples { get; init; }

    /// <summary>Logits are divided by this; 0 or above.</summary>
    public float? Temperature { get; init; }

    /// <summary>Only so many of the likeliest tokens stay; 0 for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the likeliest tokens stay that together reach this probability; in (0, 1].</summary>
    public float? TopP { get; init; }

    /// <summary>Only tokens stay that are at least this times as likely as the likeliest; in [0, 1].</summary>
    public float? MinP { get; init; }

    /// <summary>Makes tokens that are in the text already less likely; above 0.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Strings that end the text.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Reads it.</summary>
    /// <param name="config">The file's object.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="ModelFormatException">A value is of the wrong kind or out of range; the message names file and key.</exception>
    public static GenerationConfig Read(JsonElement config, string file)
    {
        ConfigReader reader = new(config, file) { Keys = KnownKeys.OfGeneration };
        return new GenerationConfig
        {
            Samples = reader.OptionalFlag("do_sample"),
            Temperature = Number("temperature", value => value >= 0, "0 or above"),
            TopK = reader.OptionalInt("top_k", minimum: 0),
            TopP = Number("top_p", value => value is > 0 and <= 1, "above 0 and at most 1"),
            MinP = Number("min_p", value => value is >= 0 and <= 1, "from 0 to 1"),
            RepetitionPenalty = Number("repetition_penalty", value => value > 0, "above 0"),
            StopStrings = reader.Has("stop_strings") ? Strings() : [],
        };

        float? Number(string key, Func<float, bool> fits, string range) =>
            !reader.Has(key) ? null
            : (float)reader.Number(key) is var value && fits(value) ? value
            : throw reader.Unsupported(key, $"a number {range}");

        // One string, or a list of them.
        IReadOnlyList<string> Strings() => config.GetProperty("stop_strings").ValueKind == JsonValueKind.String
            ? [reader.Text("stop_strings")]
            : reader.Texts("stop_strings")!;
    }

    /// <summary>Marks the keys that <see cref="Read"/> and whoever asks for the end tokens read.</summary>
    internal static void Understand(ConfigReader config) =>
        config.Ignore("do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "stop_strings", "eos_token_id");
}
