using System.Text;
using System.Text.Json;
using Whorl.Tokenizers.Json;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>Collects the chat templates of a Hugging Face folder from the places where they may stand.</summary>
internal static class ChatTemplateFiles
{
    private const string Default = "default";

    /// <summary>
    /// By name: from tokenizer_config.json (a string, or a list of names and templates), chat_template.json, chat_template.jinja and
    /// additional_chat_templates/*.jinja; a later place wins over an earlier one.
    /// </summary>
    /// <exception cref="TokenizerFormatException">A file is malformed or too large.</exception>
    public static Dictionary<string, string> Read(string folder, JsonElement settings)
    {
        var templates = new Dictionary<string, string>();
        TokenizerJsonReader.Section("tokenizer_config.json", "chat_template", () => Collect(settings, templates));
        if (FolderReader.ReadFile(Path.Combine(folder, "chat_template.json")) is byte[] json)
        {
            using JsonDocument document = JsonReading.Parse(json, "chat_template.json");
            TokenizerJsonReader.Section("chat_template.json", "chat_template", () => Collect(document.RootElement, templates));
        }

        if (FolderReader.ReadFile(Path.Combine(folder, "chat_template.jinja")) is byte[] jinja)
        {
            templates[Default] = Encoding.UTF8.GetString(jinja);
        }

        string more = Path.Combine(folder, "additional_chat_templates");
        foreach (string file in Directory.Exists(more) ? Directory.GetFiles(more, "*.jinja") : [])
        {
            templates[Path.GetFileNameWithoutExtension(file)] = Encoding.UTF8.GetString(FolderReader.ReadFile(file) ?? []);
        }

        return templates;
    }

    private static bool Collect(JsonElement owner, Dictionary<string, string> templates)
    {
        if (owner.Optional("chat_template") is not JsonElement value)
        {
            return false;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            templates[Default] = value.Text();
            return true;
        }

        foreach (JsonElement entry in owner.Items("chat_template"))
        {
            templates[entry.RequiredString("name")] = entry.RequiredString("template");
        }

        return true;
    }
}
