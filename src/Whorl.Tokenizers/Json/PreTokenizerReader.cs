using System.Text.Json;
using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads the pre-tokenizer of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    /// <exception cref="FormatException">It is malformed or of a type that is not supported.</exception>
    public static PreTokenizer Read(JsonElement element) => element.RequiredString("type") switch
    {
        "Sequence" => new SequencePreTokenizer([.. element.Items("pretokenizers").Select(Read)]),
        "ByteLevel" => StandardPreTokenizers.ByteLevel(element.Flag("add_prefix_space", true), element.Flag("use_regex", true)),
        "Split" => ReadSplit(element, Behavior(element.RequiredString("behavior")), element.Flag("invert", false)),
        "Digits" => StandardPreTokenizers.Digits(element.Flag("individual_digits", false)),
        "Punctuation" => StandardPreTokenizers.Punctuation(Behavior(element.OptionalString("behavior") ?? "Isolated")),
        "Whitespace" => new WordSplit(),
        "WhitespaceSplit" => StandardPreTokenizers.WhitespaceSplit(),
        "BertPreTokenizer" => StandardPreTokenizers.Bert(),
        "CharDelimiterSplit" => StandardPreTokenizers.CharDelimiterSplit(Character(element.RequiredString("delimiter"))),
        "UnicodeScripts" => new ScriptSplit(),
        "FixedLength" => new FixedLengthSplit(
            element.Optional("length") is null ? 5 : Math.Max(1, element.Integer("length"))),
        "Metaspace" => StandardPreTokenizers.Metaspace(
            element.OptionalString("replacement") ?? "\u2581", Scheme(element), element.Flag("split", true)),
        string type => throw new FormatException($"the type '{type}' is not supported"),
    };

    private static PreTokenizer ReadSplit(JsonElement element, SplitBehavior behavior, bool invert)
    {
        bool isolates = behavior == SplitBehavior.Isolated && !invert;
        string? pattern = isolates && element.Required("pattern").ValueKind == JsonValueKind.Object
            ? element.Required("pattern").OptionalString("Regex")
            : null;
        return pattern is not null && ThousandsSplit.Find(pattern) is { } thousands
            ? thousands
            : StandardPreTokenizers.Split(PatternReader.Read(element), behavior, invert);
    }

    /// <summary>Metaspace's scheme; older files say add_prefix_space.</summary>
    public static PrependScheme Scheme(JsonElement element) =>
        element.OptionalString("prepend_scheme") switch
        {
            "never" => PrependScheme.Never,
            "first" when element.Flag("add_prefix_space", true) => PrependScheme.First,
            "always" or null => element.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
            string scheme => throw new FormatException($"the prepend_scheme '{scheme}' is not known, or add_prefix_space contradicts it"),
        };

    private static SplitBehavior Behavior(string name) =>
        Enum.TryParse(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out SplitBehavior behavior)
            ? behavior
            : throw new FormatException($"the behavior '{name}' is not known");

    private static int Character(string text) =>
        text.Length > 0 && CodePoints.Units(CodePoints.At(text, 0)) == text.Length
            ? CodePoints.At(text, 0)
            : throw new FormatException($"the delimiter '{text}' is not one character");
}
