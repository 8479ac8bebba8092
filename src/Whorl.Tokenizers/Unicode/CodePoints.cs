using System.Globalization;

namespace Whorl.Tokenizers.Unicode;

/// <summary>Reading UTF-16 by code points, and the character classes of the reference (Rust's standard library and its crates).</summary>
/// <remarks>Texts have no lone surrogates here: <see cref="Tokenizer"/> replaces them by U+FFFD on entry.</remarks>
internal static class CodePoints
{
    /// <summary>Rust's char::is_whitespace: the 25 code points of White_Space. U+0085 belongs, U+180E, U+200B and U+FEFF do not.</summary>
    public static CodePointSet WhiteSpace { get; } = new(c => c <= 0xFFFF && char.IsWhiteSpace((char)c));

    /// <summary>Rust's char::is_numeric: categories Nd, Nl and No, of Unicode 17.</summary>
    public static CodePointSet Numeric => UnicodeTables.Instance.Set("numeric");

    /// <summary>Punctuation as the reference's Punctuation and BertPreTokenizer see it: ASCII's, and categories P of Unicode 8.</summary>
    public static CodePointSet Punctuation => UnicodeTables.Instance.Set("punctuation");

    /// <summary>\w of Rust's regex crate.</summary>
    public static CodePointSet Word => UnicodeTables.Instance.Set("rust-word");

    /// <summary>The code point at <paramref name="index"/> of well-formed UTF-16.</summary>
    public static int At(ReadOnlySpan<char> text, int index)
    {
        char c = text[index];
        return char.IsHighSurrogate(c) && index + 1 < text.Length ? char.ConvertToUtf32(c, text[index + 1]) : c;
    }

    /// <summary>The code point that ends before <paramref name="end"/> of well-formed UTF-16.</summary>
    public static int Before(ReadOnlySpan<char> text, int end)
    {
        char c = text[end - 1];
        return char.IsLowSurrogate(c) && end > 1 ? char.ConvertToUtf32(text[end - 2], c) : c;
    }

    /// <summary>How many UTF-16 units a code point takes.</summary>
    public static int Units(int codePoint) => codePoint > 0xFFFF ? 2 : 1;

    /// <summary>How many bytes of UTF-8 a code point takes.</summary>
    public static int Utf8Bytes(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>The set of the code points whose general category is in the mask of 1 &lt;&lt; <see cref="UnicodeCategory"/>.</summary>
    public static CodePointSet OfCategories(uint mask) => new(c => (mask >> (int)CharUnicodeInfo.GetUnicodeCategory(c) & 1) != 0);

    /// <summary>The text with each lone surrogate replaced by U+FFFD; the text itself where there is none.</summary>
    public static string Sanitize(string text)
    {
        int bad = FirstLoneSurrogate(text, 0);
        if (bad < 0)
        {
            return text;
        }

        char[] chars = text.ToCharArray();
        for (; bad >= 0; bad = FirstLoneSurrogate(text, bad + 1))
        {
            chars[bad] = '\uFFFD';
        }

        return new string(chars);
    }

    private static int FirstLoneSurrogate(string text, int from)
    {
        while (true)
        {
            int found = text.AsSpan(from).IndexOfAnyInRange('\uD800', '\uDFFF');
            if (found < 0)
            {
                return -1;
            }

            from += found;
            if (from + 1 < text.Length && char.IsSurrogatePair(text[from], text[from + 1]))
            {
                from += 2;
                continue;
            }

            return from;
        }
    }
}
