using System.Text.Json;
using System.Text.Json.Nodes;

namespace Whorl;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks, as chat templates have it: <see cref="System"/>, <see cref="User"/>, <see cref="Assistant"/>, or what the template knows.</param>
/// <param name="Content">What is said.</param>
public sealed record ConversationMessage(string Role, string Content)
{
    /// <summary>The role of what the model is told before the conversation.</summary>
    public const string System = "system";

    /// <summary>The role of who talks to the model.</summary>
    public const string User = "user";

    /// <summary>The role of the model.</summary>
    public const string Assistant = "assistant";

    internal static JsonElement ToJson(IEnumerable<ConversationMessage> messages)
    {
        JsonArray array = [.. messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })];
        using JsonDocument document = JsonDocument.Parse(array.ToJsonString());
        return document.RootElement.Clone();
    }
}
