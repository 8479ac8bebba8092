using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

/// <summary>Reads the lines of a file of the chat-template reference data.</summary>
internal static class GoldenLines
{
    public static IEnumerable<JsonElement> Of(string file) =>
        File.ReadLines(ReferenceData.PathOf("golden", "chat-templates", file)).Select(line => JsonElement.Parse(line));

    public static JsonElement Document(string file) =>
        JsonElement.Parse(File.ReadAllText(ReferenceData.PathOf("golden", "chat-templates", file)));

    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
