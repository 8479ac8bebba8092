using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>The normalizers that are made of simpler ones.</summary>
internal static class StandardNormalizers
{
    /// <summary>StripAccents: drops every combining mark (of Unicode 9), decomposing nothing.</summary>
    public static Normalizer StripAccents() => new FilterNormalizer(UnicodeTables.Instance.Set("combining-mark"));

    /// <summary>Nmt: drops ASCII controls and makes spaces of white space and some invisible characters.</summary>
    public static Normalizer Nmt() => new SequenceNormalizer(
    [
        new FilterNormalizer(new CodePointSet(c =>
            c is (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F)),
        new MapNormalizer(c =>
            c is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD
                ? ' '
                : c),
    ]);

    /// <summary>BertNormalizer; accents are stripped where <paramref name="stripAccents"/> says so or, being null, where case is.</summary>
    public static Normalizer Bert(bool cleanText, bool handleChinese, bool? stripAccents, bool lowercase)
    {
        var parts = new List<Normalizer>();
        if (cleanText)
        {
            parts.Add(new FilterNormalizer(UnicodeTables.Instance.Set("bert-removed")));
            parts.Add(new MapNormalizer(c => CodePoints.WhiteSpace.Contains(c) ? ' ' : c));
        }

        if (handleChinese)
        {
            parts.Add(new ChineseSpacingNormalizer());
        }

        if (stripAccents ?? lowercase)
        {
            parts.Add(new UnicodeFormNormalizer(compatibility: false, compose: false));
            parts.Add(new FilterNormalizer(UnicodeTables.Instance.Set("nonspacing-mark")));
        }

        if (lowercase)
        {
            parts.Add(new LowercaseNormalizer());
        }

        return new SequenceNormalizer(parts);
    }
}
