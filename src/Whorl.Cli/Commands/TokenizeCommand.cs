using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Whorl.Cli.Arguments;
using Whorl.Cli.Output;
using Whorl.Formats;
using Whorl.Tokenizers;

namespace Whorl.Cli.Commands;

/// <summary><c>whorl tokenize</c>: text to ids and back, a line at a time.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        ModelArguments model = new(optional: false);
        Option<string> special = Check.OneOf(
            new Option<string>("--special")
            {
                Description = "Special tokens that stand in the text: parse takes them as such, plain as text.",
                DefaultValueFactory = _ => "parse",
            },
            "parse",
            "plain");
        Option<bool> addSpecial = new("--add-special")
        {
            Description = "Add the tokens that the model wants at the beginning and the end.",
        };
        Option<bool> decode = new("--decode") { Description = "The other way: arrays of ids to strings." };
        Command command = new(
            "tokenize",
            "JSON strings on standard input, one a line, give one JSON array of ids a line. A folder with tokenizer files, or a GGUF file "
            + "without weights, is enough.")
        {
            model.Model, special, addSpecial, decode, model.Strict,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            LocatedModel located = await ModelLocator.FindAsync(result.GetValue(model.Model), ModelPart.Tokenizer, DownloadProgress.Display, ModelWarnings.Tell, cancellationToken);
            Tokenizer tokenizer = Load(located.Path, new ModelOptions { Strict = result.GetValue(model.Strict), Warn = ModelWarnings.Tell });
            EncodeOptions options = new()
            {
                AddSpecialTokens = result.GetValue(addSpecial),
                ParseSpecialTokens = result.GetValue(special) == "parse",
            };
            bool decodes = result.GetValue(decode);
            string wanted = decodes ? "an array of ids, as [5,6,7]" : "a JSON string, as \"text\"";
            Func<JsonElement, string> convert = decodes ? line => Decode(tokenizer, line) : line => Encode(tokenizer, line, options);
            UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
            using StreamReader input = new(Console.OpenStandardInput(), utf8);
            await using StreamWriter output = StandardOutput.OpenWriter(autoFlush: false);
            output.NewLine = "\n";
            // A read of the console blocks, and cannot be cancelled: it is left behind.
            for (int number = 1; await input.ReadLineAsync(cancellationToken).AsTask().WaitAsync(cancellationToken) is { } line; number++)
            {
                await output.WriteLineAsync(
                    Convert(convert, line) ?? throw new CliException($"line {number} of standard input is not {wanted}"));
            }
        });
        return command;
    }

    private static Tokenizer Load(string path, ModelOptions options)
    {
        if (Directory.Exists(path))
        {
            options.CheckTokenizer(path);
            return Tokenizer.FromFolder(path);
        }

        using GgufModel gguf = GgufModel.Open(path);
        return Tokenizer.FromGguf(gguf.Metadata);
    }

    /// <summary>Null where the line is not what is converted.</summary>
    private static string? Convert(Func<JsonElement, string> convert, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return convert(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string Encode(Tokenizer tokenizer, JsonElement line, EncodeOptions options) =>
        $"[{string.Join(',', tokenizer.Encode(line.GetString() ?? throw new FormatException(), options))}]";

    private static string Decode(Tokenizer tokenizer, JsonElement line)
    {
        int[] ids = [.. line.EnumerateArray().Select(id => id.GetInt32())];
        int unknown = Array.FindIndex(ids, id => tokenizer.IdToToken(id) is null);
        if (unknown >= 0)
        {
            throw new CliException($"there is no token {ids[unknown]}; the ids are 0 to {tokenizer.VocabularySize - 1}");
        }

        string text = tokenizer.Decode(ids);
        return $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
    }
}
