using System.Globalization;
using System.Text;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>
/// Precompiled: Hugging Face's reading of SentencePiece's charsmap. A grapheme cluster of less than six bytes is looked up whole first,
/// where the shortest key it begins with replaces all of it; then each of its characters.
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> span = text.Span;
        var changes = new List<(int CodePoint, int Change)>(span.Length);
        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < span.Length;)
        {
            int length = NextGrapheme(span[i..]);
            ReadOnlySpan<char> grapheme = span.Slice(i, length);
            i += length;
            if (length < 6 && Encoding.UTF8.TryGetBytes(grapheme, bytes[..5], out int size)
                && map.FindShortest(bytes[..size]) is string whole)
            {
                Replace(changes, grapheme, whole);
                continue;
            }

            for (int k = 0; k < grapheme.Length;)
            {
                int c = CodePoints.At(grapheme, k);
                ReadOnlySpan<char> part = grapheme.Slice(k, CodePoints.Units(c));
                k += part.Length;
                if (map.FindShortest(bytes[..Encoding.UTF8.GetBytes(part, bytes)]) is string one)
                {
                    Replace(changes, part, one);
                }
                else
                {
                    changes.Add((c, 0));
                }
            }
        }

        var transform = new TextTransform(text);
        foreach ((int codePoint, int change) in changes)
        {
            transform.Add(codePoint, change);
        }

        return transform.Result;
    }

    private static int NextGrapheme(ReadOnlySpan<char> text)
    {
        bool alone = text.Length == 1 || (text[0] < 0x300 && text[1] < 0x300 && text[0] != '\r');
        return alone ? 1 : StringInfo.GetNextTextElementLength(text);
    }

    private static void Replace(List<(int CodePoint, int Change)> changes, ReadOnlySpan<char> old, string replacement)
    {
        int added = Count(replacement) - Count(old);
        int position = 0;
        int total = Count(replacement);
        for (int i = 0; i < replacement.Length; position++)
        {
            int c = CodePoints.At(replacement, i);
            i += CodePoints.Units(c);
            changes.Add((c, added > 0 && position >= total - added ? 1 : 0));
        }

        if (added < 0 && changes.Count > 0)
        {
            changes[^1] = (changes[^1].CodePoint, changes[^1].Change + added);
        }
    }

    private static int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (char c in text)
        {
            count += char.IsLowSurrogate(c) ? 0 : 1;
        }

        return count;
    }
}
