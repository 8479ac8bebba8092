using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Whorl.Tokenizers.Json;

/// <summary>Reading of JSON members with errors that name them.</summary>
internal static class JsonReading
{
    /// <summary>Parses a file.</summary>
    /// <exception cref="TokenizerFormatException">It is no JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        try
        {
            ReadOnlyMemory<byte> content = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
            return JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException($"{file} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>A member that may be lacking or null; null then.</summary>
    public static JsonElement? Optional(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind is not JsonValueKind.Null
            ? value
            : null;

    /// <summary>A member that must be there.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static JsonElement Required(this JsonElement element, string name) =>
        element.Optional(name) ?? throw new FormatException($"the member '{name}' is missing");

    public static string RequiredString(this JsonElement element, string name) =>
        element.OptionalString(name) ?? throw new FormatException($"the member '{name}' is missing");

    public static string? OptionalString(this JsonElement element, string name)
    {
        JsonElement? value = element.Optional(name);
        return value is null ? null
            : value.Value.ValueKind == JsonValueKind.String ? Text(value.Value) : throw new FormatException($"'{name}' is not a string");
    }

    public static bool Flag(this JsonElement element, string name, bool otherwise)
    {
        JsonElement? value = element.Optional(name);
        return value is null ? otherwise : value.Value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new FormatException($"'{name}' is neither true nor false"),
        };
    }

    public static int Integer(this JsonElement element, string name)
    {
        JsonElement value = element.Required(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw new FormatException($"'{name}' is not an integer of 32 bits");
    }

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name)
    {
        JsonElement value = element.Required(name);
        return value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw new FormatException($"'{name}' is not an array");
    }

    /// <summary>The text of a string; its lone surrogates make it malformed.</summary>
    public static string Text(this JsonElement element)
    {
        try
        {
            return element.GetString() ?? throw new FormatException("a string is null");
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a value is not a string of well-formed Unicode", e);
        }
    }

    /// <summary>The text of a string without making one, where nothing in it is escaped; the buffer grows as needed.</summary>
    public static ReadOnlySpan<char> Characters(this JsonElement element, ref char[] buffer)
    {
        ReadOnlySpan<byte> raw = element.ValueKind == JsonValueKind.String ? JsonMarshal.GetRawUtf8Value(element) : [];
        if (raw.Length < 2 || raw.Contains((byte)'\\'))
        {
            return element.Text();
        }

        raw = raw[1..^1];
        if (raw.Length > buffer.Length)
        {
            buffer = new char[raw.Length * 2];
        }

        return buffer.AsSpan(0, Encoding.UTF8.GetChars(raw, buffer));
    }
}
