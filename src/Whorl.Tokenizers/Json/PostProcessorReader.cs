using System.Text.Json;
using Whorl.Tokenizers.PostProcessors;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads the post-processor of a tokenizer.json.</summary>
internal static class PostProcessorReader
{
    /// <exception cref="FormatException">It is malformed or of a type that is not supported.</exception>
    public static PostProcessor Read(JsonElement element) => element.RequiredString("type") switch
    {
        "Sequence" => new SequencePostProcessor([.. element.Items("processors").Select(Read)]),
        "ByteLevel" => new ByteLevelPostProcessor(element.Flag("add_prefix_space", true), element.Flag("trim_offsets", true)),
        "TemplateProcessing" => ReadTemplate(element),
        "BertProcessing" => new BertPostProcessor(TokenId(element, "sep"), TokenId(element, "cls")),
        "RobertaProcessing" => new RobertaPostProcessor(
            TokenId(element, "sep"),
            TokenId(element, "cls"),
            element.Flag("trim_offsets", true),
            element.Flag("add_prefix_space", true)),
        string type => throw new FormatException($"the type '{type}' is not supported"),
    };

    // ["</s>", 2]
    private static int TokenId(JsonElement element, string name)
    {
        JsonElement pair = element.Required(name);
        return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[1].TryGetInt32(out int id)
            ? id
            : throw new FormatException($"'{name}' is not a token and its id");
    }

    private static TemplatePostProcessor ReadTemplate(JsonElement element)
    {
        var tokens = new Dictionary<string, int[]>();
        foreach (JsonProperty token in element.Required("special_tokens").EnumerateObject())
        {
            tokens[token.Name] = [.. token.Value.Items("ids").Select(id => id.GetInt32())];
        }

        return new TemplatePostProcessor(ReadParts(element.Items("single"), tokens), ReadParts(element.Items("pair"), tokens));
    }

    private static List<TemplatePart> ReadParts(IEnumerable<JsonElement> parts, Dictionary<string, int[]> tokens)
    {
        var result = new List<TemplatePart>();
        foreach (JsonElement part in parts)
        {
            if (part.Optional("Sequence") is JsonElement text)
            {
                result.Add(TemplatePart.Text(text.RequiredString("id") == "A" ? 0 : 1, text.Integer("type_id")));
                continue;
            }

            JsonElement special = part.Required("SpecialToken");
            string name = special.RequiredString("id");
            result.Add(tokens.TryGetValue(name, out int[]? ids)
                ? new TemplatePart(ids, 0, special.Integer("type_id"))
                : throw new FormatException($"the template names the token '{name}', which special_tokens lacks"));
        }

        return result;
    }
}
