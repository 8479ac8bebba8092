using System.Text.Json;

namespace Whorl.Tokenizers.Json;

/// <summary>Texts as JSON values.</summary>
internal static class JsonTexts
{
    /// <summary>A string.</summary>
    public static JsonElement Of(string text) => Write(writer => writer.WriteStringValue(text));

    /// <summary>A list of strings.</summary>
    public static JsonElement Of(IEnumerable<string> texts) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    });

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            write(writer);
        }

        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        return document.RootElement.Clone();
    }
}
