using System.Text.Json;
using Whorl.Testing;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

public sealed class GoldenConversationTests
{
    private static readonly FixedClock Clock = new(new DateTime(2024, 7, 26, 13, 37, 42));

    [Fact]
    public void Every_template_renders_every_conversation_as_the_reference_does()
    {
        JsonElement conversations = GoldenLines.Document("conversations.json");
        var templates = new Dictionary<string, ChatTemplate>();
        var failures = new List<string>();
        int count = 0;
        foreach (JsonElement line in GoldenLines.Of("rendered.jsonl"))
        {
            string name = line.Text("template")!;
            string caseName = line.Text("case")!;
            if (!templates.TryGetValue(name, out ChatTemplate? template))
            {
                string source = File.ReadAllText(ReferenceData.PathOf("golden", "chat-templates", "templates", name + ".jinja"));
                templates[name] = template = ChatTemplate.Parse(source);
            }

            count++;
            if (Difference(template, Input(line, conversations.GetProperty(caseName)), line) is { } difference)
            {
                failures.Add($"{name} / {caseName}: {difference}");
            }
        }

        Assert.Equal(conversations.EnumerateObject().Count() * GoldenLines.Document("templates/index.json").EnumerateObject().Count(), count);
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} differ:\n" + string.Join('\n', failures.Take(40)));
    }

    private static ChatTemplateInput Input(JsonElement line, JsonElement conversation)
    {
        JsonElement options = conversation.GetProperty("options");
        return new ChatTemplateInput
        {
            Messages = conversation.GetProperty("conversation"),
            Tools = options.TryGetProperty("tools", out JsonElement tools) ? tools : null,
            Documents = options.TryGetProperty("documents", out JsonElement documents) ? documents : null,
            AddGenerationPrompt = line.GetProperty("add_generation_prompt").GetBoolean(),
            ContinueFinalMessage = line.GetProperty("continue_final_message").GetBoolean(),
            BosToken = line.Text("bos_token"),
            EosToken = line.Text("eos_token"),
            Variables = line.GetProperty("kwargs").EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
            Clock = Clock,
        };
    }

    private static string? Difference(ChatTemplate template, ChatTemplateInput input, JsonElement line)
    {
        try
        {
            string rendered = template.Render(input);
            string? expected = line.Text("rendered");
            return expected == rendered ? null : $"expected {expected ?? "error " + line.Text("error")}\n  got {rendered}";
        }
        catch (ChatTemplateException error) when (line.Text("error") is { } expected)
        {
            bool sameText = error.Kind == ChatTemplateErrorKind.Raised && error.Message == expected;
            bool raised = line.Text("error_type") == "TemplateError";
            return raised == (error.Kind == ChatTemplateErrorKind.Raised) && (!raised || sameText)
                ? null
                : $"expected error {expected}, got {error.Kind} {error.Message}";
        }
        catch (ChatTemplateException error)
        {
            return $"line {error.Line}: {error.Kind}: {error.Message}";
        }
    }
}
