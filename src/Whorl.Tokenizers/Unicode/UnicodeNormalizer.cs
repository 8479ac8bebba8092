namespace Whorl.Tokenizers.Unicode;

/// <summary>
/// Unicode normalization forms (UAX #15) over the reference's own tables (Unicode 9), each result with the number of characters it
/// stands for: 0 for one put in the place of one, 1 for one added, -n for one that swallowed n more.
/// </summary>
/// <remarks>
/// .NET's own <see cref="string.Normalize()"/> does nothing under invariant globalization, and elsewhere follows the platform.
/// The algorithm is linear but for sorting runs of combining marks.
/// </remarks>
internal static class UnicodeNormalizer
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailFirst = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;

    /// <summary>Whether the text is surely the same in every form: below U+00A0 for the compatibility forms, below U+00C0 else.</summary>
    public static bool IsSurelyNormal(ReadOnlySpan<char> text, bool compatibility) =>
        text.IndexOfAnyExceptInRange('\0', compatibility ? '\u009F' : '\u00BF') < 0;

    /// <summary>Decomposes the text and sorts its marks; composes it again for the forms C.</summary>
    public static List<(int CodePoint, int Change)> Normalize(ReadOnlySpan<char> text, bool compatibility, bool compose)
    {
        List<(int CodePoint, int Change)> result = Decompose(text, compatibility);
        if (compose)
        {
            Compose(result);
        }

        return result;
    }

    private static List<(int CodePoint, int Change)> Decompose(ReadOnlySpan<char> text, bool compatibility)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        IReadOnlyDictionary<int, int[]> canonical = tables.Map("canonical");
        IReadOnlyDictionary<int, int[]> compatible = tables.Map("compatibility");
        var result = new List<(int CodePoint, int Change)>(text.Length);
        int marks = -1; // where the run of marks at the end begins, or -1
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i);
            i += CodePoints.Units(c);
            int before = result.Count;
            if (c is >= HangulFirst and < HangulFirst + HangulCount)
            {
                DecomposeHangul(c - HangulFirst, result);
            }
            else if (c >= 0xA0 && ((compatibility && compatible.TryGetValue(c, out int[]? whole)) || canonical.TryGetValue(c, out whole)))
            {
                for (int k = 0; k < whole.Length; k++)
                {
                    result.Add((whole[k], k == 0 ? 0 : 1));
                }
            }
            else
            {
                result.Add((c, 0));
            }

            for (int k = before; k < result.Count; k++)
            {
                if (tables.CombiningClass(result[k].CodePoint) == 0)
                {
                    SortMarks(result, marks, k, tables);
                    marks = -1;
                }
                else if (marks < 0)
                {
                    marks = k;
                }
            }
        }

        SortMarks(result, marks, result.Count, tables);
        return result;
    }

    private static void DecomposeHangul(int index, List<(int CodePoint, int Change)> result)
    {
        result.Add((LeadFirst + index / (VowelCount * TrailCount), 0));
        result.Add((VowelFirst + index % (VowelCount * TrailCount) / TrailCount, 1));
        if (index % TrailCount != 0)
        {
            result.Add((TrailFirst + index % TrailCount, 1));
        }
    }

    private static void SortMarks(List<(int CodePoint, int Change)> list, int start, int end, UnicodeTables tables)
    {
        if (start < 0 || end - start < 2)
        {
            return;
        }

        // Stable, and n log n: a hostile text is one run of a million marks.
        (int CodePoint, int Change)[] sorted =
            [.. list.Skip(start).Take(end - start).OrderBy(item => tables.CombiningClass(item.CodePoint))];
        for (int i = 0; i < sorted.Length; i++)
        {
            list[start + i] = sorted[i];
        }
    }

    private static void Compose(List<(int CodePoint, int Change)> list)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        int write = 0;
        int starter = -1; // index of the last starter written
        int lastClass = -1; // class of the last character after it that did not compose, or -1
        for (int read = 0; read < list.Count; read++)
        {
            (int c, int change) = list[read];
            int combining = tables.CombiningClass(c);
            if (starter >= 0 && lastClass < combining && (lastClass < 0 || combining != 0))
            {
                int composed = ComposePair(list[starter].CodePoint, c, tables);
                if (composed >= 0)
                {
                    list[starter] = (composed, list[starter].Change + change - 1);
                    continue;
                }
            }

            if (combining == 0)
            {
                starter = write;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }

            list[write++] = (c, change);
        }

        list.RemoveRange(write, list.Count - write);
    }

    private static int ComposePair(int first, int second, UnicodeTables tables)
    {
        if (first is >= LeadFirst and < LeadFirst + LeadCount && second is >= VowelFirst and < VowelFirst + VowelCount)
        {
            return HangulFirst + ((first - LeadFirst) * VowelCount + second - VowelFirst) * TrailCount;
        }

        if (first is >= HangulFirst and < HangulFirst + HangulCount && (first - HangulFirst) % TrailCount == 0
            && second is > TrailFirst and < TrailFirst + TrailCount)
        {
            return first + second - TrailFirst;
        }

        return tables.Compose(first, second);
    }
}
