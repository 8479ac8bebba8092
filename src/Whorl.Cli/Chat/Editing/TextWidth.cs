using System.Globalization;
using System.Text;
using Wcwidth;

namespace Whorl.Cli.Chat.Editing;

/// <summary>
/// Text as a person sees it: in elements (grapheme clusters: a letter with its accents, an emoji of several parts) that take 0, 1 or 2 columns
/// of a terminal.
/// </summary>
/// <remarks>Sources: Unicode Standard Annex 29; East Asian Width (Annex 11) by the tables of Wcwidth.</remarks>
internal static class TextWidth
{
    private const int TabWidth = 4;
    private const int EmojiPresentation = 0xFE0F;
    private const int Widest = 2;

    /// <summary>Where the element that begins at a place ends.</summary>
    public static int Next(string text, int at) => at >= text.Length ? text.Length : at + StringInfo.GetNextTextElementLength(text, at);

    /// <summary>Where the element begins that ends at a place or reaches over it.</summary>
    public static int Previous(string text, int at)
    {
        if (at <= 0)
        {
            return 0;
        }

        int start = at < 2 ? 0 : text.LastIndexOf('\n', at - 2) + 1; // no element but CR LF, which the text does not hold, reaches over an end of line
        while (Next(text, start) < at)
        {
            start = Next(text, start);
        }

        return start;
    }

    /// <summary>What is shown of an element.</summary>
    public static string Shown(string element) => element == "\t" ? new string(' ', TabWidth) : element;

    /// <summary>Columns of a text without ends of lines.</summary>
    public static int Of(string text)
    {
        int width = 0;
        for (int at = 0; at < text.Length; at = Next(text, at))
        {
            width += OfElement(text[at..Next(text, at)]);
        }

        return width;
    }

    /// <summary>Columns of one element.</summary>
    public static int OfElement(string element)
    {
        if (element == "\t")
        {
            return TabWidth;
        }

        int width = 0;
        foreach (Rune rune in element.EnumerateRunes())
        {
            width += rune.Value == EmojiPresentation ? 1 : Math.Max(UnicodeCalculator.GetWidth(rune.Value), 0);
        }

        return Math.Min(width, Widest); // parts of an emoji that are joined are drawn as one
    }
}
