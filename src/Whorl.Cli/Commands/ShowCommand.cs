using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;
using Whorl.Formats;
using Whorl.Models;
using Whorl.Tensors;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl show</c>: what a model is.</summary>
internal static class ShowCommand
{
    private const int UsualContext = 4096;
    private const int TemplateCharacters = 160;

    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        Option<bool> json = new("--json") { Description = "Print one JSON object, and nothing else." };
        Option<bool> template = new("--template") { Description = "Print the chat template, and nothing else." };
        Option<int?> context = new("--context")
        {
            Description = "Tokens of a text for which the memory is told. Default: what the model was made for.",
            HelpName = "N",
        };
        Check.Whole(context, 1);
        Command command = new(
            "show", "Show a model's architecture, its blocks, the memory it needs, its tokenizer and template. No weights are read.")
        {
            model.Model, json, context, template, model.Strict,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            LocatedModel located = await ModelLocator.FindAsync(result.GetValue(model.Model), ModelPart.Headers, DownloadProgress.Display, ModelWarnings.Tell, cancellationToken);
            using ModelSource source = new ModelOptions { Strict = result.GetValue(model.Strict), Warn = ModelWarnings.Tell }.OpenSource(located.Path);
            ModelText text = ModelText.Load(source.File);
            int tokens = result.GetValue(context) ?? source.Spec.LongestText ?? UsualContext;
            if (result.GetValue(template))
            {
                Console.Out.WriteLine(Template(text) ?? throw new CliException("the model has no chat template"));
            }
            else if (result.GetValue(json))
            {
                ResultWriter.Print(Describe(source, text, tokens));
            }
            else
            {
                Print(source, text, tokens);
            }
        });
        return command;
    }

    private static JsonObject Describe(ModelSource source, ModelText text, int context)
    {
        DecoderSpec spec = source.Spec;
        List<TensorEntry> tensors = Tensors(source);
        long weights = tensors.Sum(t => t.ByteLength), cache = spec.CacheBytes(context);
        return new JsonObject
        {
            ["model"] = source.File.Path,
            ["family"] = source.Family.ModelType,
            ["format"] = Format(source),
            ["element_types"] = new JsonObject(
                ElementTypes(tensors).Select(type => KeyValuePair.Create(type.Name, (JsonNode?)JsonValue.Create(type.Count)))),
            ["parameters"] = tensors.Sum(t => t.ElementCount),
            ["bytes"] = weights,
            ["memory_bytes"] = new JsonObject
            {
                ["context"] = context,
                ["weights"] = weights,
                ["cache"] = cache,
                ["total"] = weights + cache,
            },
            ["hidden_size"] = spec.HiddenSize,
            ["vocabulary_size"] = spec.VocabularySize,
            ["context_length"] = spec.ContextLength,
            ["fingerprint"] = source.Fingerprint,
            ["blocks"] = new JsonArray([.. spec.Blocks.Select((block, i) => (JsonNode)new JsonObject
            {
                ["block"] = i,
                ["mixer"] = Mixer(block.Mixer),
                ["bytes"] = source.BlockBytes(i),
            })]),
            ["tokenizer"] = text.Tokenizer is null ? null : new JsonObject
            {
                ["vocabulary_size"] = text.Tokenizer.VocabularySize,
                ["begin_token"] = text.Tokenizer.BeginToken,
                ["end_token"] = text.Tokenizer.EndToken,
                ["adds_begin_token"] = text.Tokenizer.AddsBeginToken,
            },
            ["end_tokens"] = new JsonArray(
                [
                    .. text.EndTokens.Order().Select(id => (JsonNode)new JsonObject { ["id"] = id, ["text"] = text.Tokenizer?.IdToToken(id) }),
                ]),
            ["chat_template"] = Template(text),
        };
    }

    private static string Format(ModelSource source) => source.File is GgufModel ? "gguf" : "safetensors";

    private static List<TensorEntry> Tensors(ModelSource source) => [.. source.File.Checkpoint.Names.Select(source.File.Checkpoint.Get)];

    private static IEnumerable<(string Name, int Count)> ElementTypes(IEnumerable<TensorEntry> tensors) =>
        tensors.GroupBy(t => t.TypeName).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Count()));

    private static string? Template(ModelText text) =>
        text.Tokenizer?.ChatTemplates is { } all ? all.GetValueOrDefault("default") ?? all.Values.FirstOrDefault() : null;

    private static string Mixer(MixerSpec mixer) => mixer is AttentionLayerSpec a
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"attention, {a.Heads} heads of {a.HeadSize}, {a.KeyValueHeads} key/value heads{(a.Window > 0 ? $", window {a.Window}" : "")}")
        : mixer.GetType().Name.Replace("Spec", "", StringComparison.Ordinal);

    private static void Print(ModelSource source, ModelText text, int context)
    {
        DecoderSpec spec = source.Spec;
        List<TensorEntry> tensors = Tensors(source);
        long weights = tensors.Sum(t => t.ByteLength), cache = spec.CacheBytes(context);
        Line("model", source.File.Path);
        string types = string.Join(", ", ElementTypes(tensors).Select(type => $"{type.Count} tensors {type.Name}"));
        Line("family", $"{source.Family.ModelType}, {Format(source)}: {types}");
        Line("parameters", $"{Count(tensors.Sum(t => t.ElementCount))}, {ByteSize.ToText(weights)}");
        Line("context", spec.LongestText is { } longest ? $"{longest} tokens" : "not told");
        Line(
            "memory",
            $"{ByteSize.ToText(weights + cache)}: {ByteSize.ToText(weights)} of weights, "
            + $"{ByteSize.ToText(cache)} for a text of {context} tokens");
        Line("width", $"{spec.HiddenSize}, vocabulary {spec.VocabularySize}");
        Line("blocks", $"{spec.Blocks.Count}");
        foreach ((int first, int last, string what) in EqualBlocks(source))
        {
            Line("", first == last ? $"{first}: {what}" : $"{first}..{last}: {what} each");
        }

        if (text.Tokenizer is { } tokenizer)
        {
            string when = tokenizer.AddsBeginToken ? "" : " where a template says so";
            string begin = tokenizer.BeginToken is null ? "" : $", begins with {tokenizer.BeginToken}{when}";
            Line("tokenizer", $"{tokenizer.VocabularySize} tokens{begin}");
        }

        string ends = string.Join(", ", text.EndTokens.Order().Select(id => $"{id} {text.Tokenizer?.IdToToken(id)}".TrimEnd()));
        Line("end tokens", ends.Length == 0 ? "none" : ends);
        Line("template", Template(text) is { } template ? Shortened(template) : "none");
        Line("fingerprint", source.Fingerprint);

        static void Line(string name, string value) => Console.Out.WriteLine($"{name,-11}  {value}");
    }

    /// <summary>Neighbours that are alike, as one.</summary>
    private static IEnumerable<(int First, int Last, string What)> EqualBlocks(ModelSource source)
    {
        string[] blocks =
            [.. source.Spec.Blocks.Select((block, i) => $"{Mixer(block.Mixer)}, {ByteSize.ToText(source.BlockBytes(i))}")];
        for (int first = 0, next; first < blocks.Length; first = next)
        {
            next = first + 1;
            while (next < blocks.Length && blocks[next] == blocks[first])
            {
                next++;
            }

            yield return (first, next - 1, blocks[first]);
        }
    }

    private static string Shortened(string template)
    {
        string line = string.Join(' ', template.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= TemplateCharacters
            ? line
            : $"{line[..TemplateCharacters]}… ({template.Length} characters; --template shows all)";
    }

    private static string Count(long number) => number switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e9:F2} billion"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:F1} million"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number}"),
    };
}
