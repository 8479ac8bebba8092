using System.Text.Json;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The variables a chat template sees, made from the input.</summary>
internal static class TemplateVariables
{
    public static DictValue From(ChatTemplateInput input)
    {
        var variables = new DictValue();
        variables.Set("messages", Messages(input.Messages));
        variables.Set("tools", Optional(input.Tools));
        variables.Set("documents", Optional(input.Documents));
        variables.Set("add_generation_prompt", BoolValue.Of(input.AddGenerationPrompt));
        SetToken(variables, "bos_token", input.BosToken);
        SetToken(variables, "eos_token", input.EosToken);
        foreach ((string name, JsonElement value) in input.Variables)
        {
            variables.Set(name, JsonValues.Read(value));
        }

        return variables;
    }

    private static Value Optional(JsonElement? element) => element is { } given ? JsonValues.Read(given) : NoneValue.Instance;

    private static void SetToken(DictValue variables, string name, string? text)
    {
        if (text is not null)
        {
            variables.Set(name, new StrValue(text));
        }
    }

    private static Value Messages(JsonElement element)
    {
        Value messages = JsonValues.Read(element);
        if (messages is not ListValue list)
        {
            throw ChatTemplateException.Type($"messages must be an array of objects, got {messages.TypeName}");
        }

        // Older templates read a message's reasoning under its first name, "thinking"; the reference gives them both.
        foreach (Value message in list.Items)
        {
            if (message is DictValue fields && fields.Find("reasoning_content") is { } reasoning && fields.Find("thinking") is null)
            {
                fields.Set("thinking", reasoning);
            }
        }

        return messages;
    }
}
