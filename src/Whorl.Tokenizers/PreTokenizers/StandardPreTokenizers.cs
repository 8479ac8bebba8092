using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>The pre-tokenizers of tokenizer.json, made of the parts in this folder.</summary>
internal static class StandardPreTokenizers
{
    /// <summary>GPT-2's pattern, which ByteLevel carries in itself.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly Lazy<Pattern> Gpt2 = new(() => Pattern.Parse(Gpt2Pattern));

    public static PreTokenizer ByteLevel(bool addPrefixSpace, bool useRegex)
    {
        var parts = new List<PreTokenizer>();
        if (addPrefixSpace)
        {
            parts.Add(new PrefixSpace());
        }

        if (useRegex)
        {
            parts.Add(new PatternSplit(Gpt2.Value, SplitBehavior.Isolated, invert: false));
        }

        parts.Add(new ByteMapping());
        return new SequencePreTokenizer(parts);
    }

    public static PreTokenizer Digits(bool individual) =>
        new CharacterSplit(CodePoints.Numeric, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    public static PreTokenizer Punctuation(SplitBehavior behavior) => new CharacterSplit(CodePoints.Punctuation, behavior);

    public static PreTokenizer WhitespaceSplit() => new CharacterSplit(CodePoints.WhiteSpace, SplitBehavior.Removed);

    public static PreTokenizer CharDelimiterSplit(int delimiter) =>
        new CharacterSplit(CodePointSet.Single(delimiter), SplitBehavior.Removed);

    public static PreTokenizer Bert() => new SequencePreTokenizer([WhitespaceSplit(), Punctuation(SplitBehavior.Isolated)]);

    public static PreTokenizer Split(Pattern pattern, SplitBehavior behavior, bool invert) => new PatternSplit(pattern, behavior, invert);

    public static PreTokenizer Metaspace(string replacement, PrependScheme scheme, bool split)
    {
        var mapping = new MetaspaceMapping(replacement, scheme);
        return split
            ? new SequencePreTokenizer(
                [mapping, new PatternSplit(Pattern.Literal(replacement), SplitBehavior.MergedWithNext, invert: false)])
            : mapping;
    }
}
