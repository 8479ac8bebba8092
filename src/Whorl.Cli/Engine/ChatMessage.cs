using System.Text.Json;
using System.Text.Json.Nodes;

namespace Whorl.Cli.Engine;

/// <summary>One message of a conversation.</summary>
internal sealed record ChatMessage(string Role, string Content)
{
    public static JsonElement ToJson(IEnumerable<ChatMessage> messages)
    {
        JsonArray array = [.. messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })];
        using JsonDocument document = JsonDocument.Parse(array.ToJsonString());
        return document.RootElement.Clone();
    }
}
