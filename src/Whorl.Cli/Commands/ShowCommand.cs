using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Whorl.Cli.Arguments;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Formats;
using Whorl.Models;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl show</c>: what a model is.</summary>
internal static class ShowCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: true);
        Option<bool> json = new("--json") { Description = "Print one JSON object, and nothing else." };
        Command command = new("show", "Show a model's architecture, its blocks and their bytes, tokenizer and template. No weights are read.")
        {
            model.Model, json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            LocatedModel located = await ModelLocator.FindAsync(result.GetValue(model.Model), ModelPart.Headers, cancellationToken);
            using ModelSource source = ModelSource.Open(located.Path);
            JsonObject shown = Describe(source, ModelText.Load(source.File));
            if (result.GetValue(json))
            {
                ResultWriter.Print(shown);
            }
            else
            {
                Print(shown);
            }
        });
        return command;
    }

    private static JsonObject Describe(ModelSource source, ModelText text)
    {
        DecoderSpec spec = source.Spec;
        FileCheckpoint checkpoint = source.File.Checkpoint;
        List<TensorEntry> tensors = [.. checkpoint.Names.Select(name => checkpoint.Get(name))];
        return new JsonObject
        {
            ["model"] = source.File.Path,
            ["family"] = source.Family.ModelType,
            ["format"] = source.File is GgufModel ? "gguf" : "safetensors",
            ["element_types"] = new JsonObject(tensors.GroupBy(t => t.TypeName).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => KeyValuePair.Create(g.Key, (JsonNode?)JsonValue.Create(g.Count())))),
            ["parameters"] = tensors.Sum(t => t.ElementCount),
            ["bytes"] = tensors.Sum(t => t.ByteLength),
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
                ["end_tokens"] = ResultWriter.Numbers(text.EndTokens.Order()),
            },
            ["chat_template"] = text.Tokenizer?.ChatTemplates.Values.FirstOrDefault(),
        };
    }

    private static string Mixer(MixerSpec mixer) => mixer is AttentionLayerSpec a
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"attention, {a.Heads} heads of {a.HeadSize}, {a.KeyValueHeads} key/value heads{(a.Window > 0 ? $", window {a.Window}" : "")}")
        : mixer.GetType().Name.Replace("Spec", "", StringComparison.Ordinal);

    private static void Print(JsonObject shown)
    {
        foreach ((string key, JsonNode? value) in shown)
        {
            switch (value)
            {
                case JsonArray blocks:
                    Console.Out.WriteLine($"blocks: {blocks.Count}");
                    foreach (JsonNode? block in blocks)
                    {
                        Console.Out.WriteLine($"  {block!["block"]}: {block["mixer"]}, {block["bytes"]} bytes");
                    }

                    break;
                case JsonObject inner:
                    Console.Out.WriteLine($"{key}: {string.Join(", ", inner.Select(p => $"{p.Key} {p.Value?.ToJsonString() ?? "none"}"))}");
                    break;
                default:
                    Console.Out.WriteLine($"{key}: {value?.ToString() ?? "none"}");
                    break;
            }
        }
    }
}
