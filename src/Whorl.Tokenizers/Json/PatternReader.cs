using System.Text.Json;
using Whorl.Tokenizers.Patterns;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads a pattern: {"String": …} or {"Regex": …}.</summary>
internal static class PatternReader
{
    public static Pattern Read(JsonElement owner)
    {
        JsonElement pattern = owner.Required("pattern");
        return pattern.ValueKind == JsonValueKind.String ? Pattern.Literal(pattern.Text())
            : pattern.OptionalString("String") is string text ? Pattern.Literal(text)
            : Pattern.Parse(pattern.RequiredString("Regex"));
    }

    /// <summary>The text of a pattern that is no regular expression, or null.</summary>
    public static string? LiteralOrNull(JsonElement owner)
    {
        JsonElement pattern = owner.Required("pattern");
        return pattern.ValueKind == JsonValueKind.String ? pattern.Text() : pattern.OptionalString("String");
    }
}
