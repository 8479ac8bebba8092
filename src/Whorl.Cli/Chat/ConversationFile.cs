using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Whorl.Cli.Chat;

/// <summary>A conversation as a JSON file: messages with role and content, a system prompt, options.</summary>
/// <remarks>
/// Reading is tolerant: an array of messages alone, system prompts among the messages, contents in parts (<c>{"type": "text", "text": …}</c>) and
/// options beside the messages will do, as requests to OpenAI's and Ollama's interfaces have them; what is not known is passed over.
/// </remarks>
/// <param name="System">The system prompt, or null.</param>
/// <param name="Messages">The messages without it.</param>
/// <param name="Options">Options by the names of <see cref="ChatSettings"/>, values as they are typed.</param>
internal sealed record ConversationFile(
    string? System, IReadOnlyList<ConversationMessage> Messages, IReadOnlyList<KeyValuePair<string, string>> Options)
{
    private const string Format = "whorl-conversation-1";
    private const string SystemRole = "system";
    private const int MaxBytes = 16 << 20;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(),
        WriteIndented = true,
    };

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Writes a file; one that is there is replaced only if it is a conversation too.</summary>
    /// <exception cref="CliException">Something else is there.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static async Task SaveAsync(
        string path, string model, string? system, IReadOnlyList<ConversationMessage> messages, TextOptions request, ModelText text, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && !await IsOneAsync(path, cancellationToken))
        {
            throw new CliException($"there is a file {path} that is no conversation of Whorl's; give another name, or remove it");
        }

        JsonObject json = new()
        {
            ["format"] = Format,
            ["model"] = model,
            ["system"] = system,
            ["messages"] = new JsonArray(
                [.. messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]),
            ["options"] = new JsonObject(ChatSettings.Values(request, text)),
        };
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new CliException($"there is no folder {folder} for {path}");
        }

        string unfinished = path + ".new";
        await File.WriteAllTextAsync(unfinished, json.ToJsonString(Readable) + "\n", cancellationToken);
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">It is not there, is too large, or holds no conversation.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<ConversationFile> LoadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"there is no file {path}");
        }

        try
        {
            return Read(await ParseAsync(path, cancellationToken)) ?? throw new CliException(
                $"{path} holds no conversation; it has \"messages\": [{{\"role\": \"user\", \"content\": \"…\"}}, …]");
        }
        catch (JsonException e)
        {
            throw new CliException($"{path} is no JSON: {e.Message}");
        }
    }

    private static async Task<bool> IsOneAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await ParseAsync(path, cancellationToken) is JsonObject json && Word(json["format"]) == Format;
        }
        catch (Exception e) when (e is JsonException or CliException)
        {
            return false;
        }
    }

    private static async Task<JsonNode?> ParseAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream stream = File.OpenRead(path);
        if (stream.Length > MaxBytes)
        {
            throw new CliException($"{path} has {stream.Length} bytes; a conversation has at most {MaxBytes}");
        }

        return await JsonNode.ParseAsync(stream, documentOptions: Lenient, cancellationToken: cancellationToken);
    }

    private static ConversationFile? Read(JsonNode? json)
    {
        JsonObject? root = json as JsonObject;
        if ((json as JsonArray ?? root?["messages"] as JsonArray) is not { } array)
        {
            return null;
        }

        List<ConversationMessage> messages = [];
        List<string> system = [.. Word(root?["system"]) is { Length: > 0 } text ? [text] : Array.Empty<string>()];
        foreach (JsonNode? node in array)
        {
            if (node is not JsonObject message || Word(message["role"]) is not { Length: > 0 } role || Content(message["content"]) is not { } content)
            {
                return null;
            }

            if (role is SystemRole or "developer")
            {
                system.Add(content);
            }
            else
            {
                messages.Add(new ConversationMessage(role, content));
            }
        }

        return new ConversationFile(
            system.Count > 0 ? string.Join("\n\n", system) : null,
            messages,
            [.. OptionsOf(root), .. OptionsOf(root?["options"] as JsonObject)]);
    }

    /// <summary>The options that are known, of an object that may have other things.</summary>
    private static IEnumerable<KeyValuePair<string, string>> OptionsOf(JsonObject? json)
    {
        foreach ((string name, JsonNode? value) in json ?? [])
        {
            if (ChatSettings.Names.Contains(name))
            {
                yield return KeyValuePair.Create(name, value is null ? ChatSettings.Default : Word(value) ?? value.ToJsonString());
            }
        }
    }

    private static string? Content(JsonNode? node)
    {
        if (node is not JsonArray parts)
        {
            return Word(node);
        }

        StringBuilder content = new();
        foreach (JsonNode? part in parts)
        {
            content.Append(Word(part) ?? Word((part as JsonObject)?["text"]));
        }

        return content.ToString();
    }

    private static string? Word(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
