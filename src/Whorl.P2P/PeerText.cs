using System.Globalization;
using System.Text;

namespace Whorl.P2P;

/// <summary>
/// Texts that peers wrote, made fit for a terminal, a log or a message: one line of printing characters, of bounded length. Applied where such
/// a text enters a type of ours, so that nobody further up has to think of it.
/// </summary>
public static class PeerText
{
    /// <summary>The longest text in characters, where the reader does not say otherwise.</summary>
    public const int MaxChars = 300;

    private const string Ellipsis = "…";

    /// <summary>
    /// Removes terminal sequences (escape codes with their arguments), control and format characters (among them those that reverse the
    /// direction of writing), private and unassigned ones and halves of surrogate pairs; makes every run of white space, line ends included, one
    /// space; cuts what is longer at a character, and ends it with an ellipsis.
    /// </summary>
    /// <param name="text">Anything; null reads as empty.</param>
    /// <param name="maxChars">The longest result in UTF-16 units, the ellipsis included; at least 1.</param>
    /// <returns>The same string where nothing had to be done.</returns>
    public static string Clean(string? text, int maxChars = MaxChars)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);
        if (string.IsNullOrEmpty(text) || (text.Length <= maxChars && IsPlain(text)))
        {
            return text ?? "";
        }

        StringBuilder clean = new(Math.Min(text.Length, maxChars));
        bool space = false;
        for (int at = 0; at < text.Length;)
        {
            int sequence = SequenceLength(text.AsSpan(at));
            if (sequence > 0)
            {
                at += sequence;
                continue;
            }

            Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int units); // half a pair reads as U+FFFD, which prints
            at += units;
            if (Rune.IsWhiteSpace(rune))
            {
                space = clean.Length > 0;
            }
            else if (Prints(rune))
            {
                if (clean.Length + (space ? 1 : 0) + rune.Utf16SequenceLength > maxChars)
                {
                    return Cut(clean, maxChars);
                }

                clean.Append(space ? " " : "").Append(rune.ToString());
                space = false;
            }
        }

        return clean.ToString();
    }

    /// <summary>Whether <see cref="Clean"/> would leave a text as it is, its length aside.</summary>
    public static bool IsClean(string text) => Clean(text, int.MaxValue) == text;

    /// <summary>The common case, without looking a character up: printing ASCII, no two spaces in a row, none at an end.</summary>
    private static bool IsPlain(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text[0] != ' ' && text[^1] != ' ' && !text.Contains("  ", StringComparison.Ordinal);

    private static bool Prints(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary>Units of a terminal sequence that begins the text (ECMA-48, 5.4 and 5.6); 0 where none does.</summary>
    private static int SequenceLength(ReadOnlySpan<char> text)
    {
        (char kind, int at) = text[0] switch
        {
            '\u001b' when text.Length > 1 => (text[1], 2),
            >= '\u0080' and <= '\u009f' => ((char)(text[0] - 0x40), 1), // the same in one character
            _ => ('\0', 0),
        };
        switch (kind)
        {
            case '[': // parameters, then one final character
                while (at < text.Length && text[at] is >= ' ' and <= '?')
                {
                    at++;
                }

                return at < text.Length && text[at] is >= '@' and <= '~' ? at + 1 : at;
            case ']' or 'P' or 'X' or '^' or '_': // a string, to its end mark or, where that is missing, to the text's
                int end = text[at..].IndexOfAny('\u0007', '\u001b', '\u009c');
                return end < 0 ? text.Length : at + end + (text[at + end] == '\u001b' && at + end + 1 < text.Length && text[at + end + 1] == '\\' ? 2 : 1);
            default:
                return 0; // an escape of its own goes as a control character
        }
    }

    private static string Cut(StringBuilder clean, int maxChars)
    {
        int length = Math.Min(clean.Length, maxChars - Ellipsis.Length);
        if (length > 0 && char.IsHighSurrogate(clean[length - 1]))
        {
            length--;
        }

        return clean.ToString(0, length).TrimEnd() + Ellipsis;
    }
}
