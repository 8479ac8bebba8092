namespace Whorl.Cli.Chat.Editing;

/// <summary>Messages of several lines, between two <c>"""</c>.</summary>
internal static class QuotedText
{
    private const string Mark = "\"\"\"";

    /// <summary>Whether a text began with the mark.</summary>
    public static bool Begins(string text) => text.TrimStart().StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>Whether more lines belong to a text.</summary>
    public static bool IsOpen(string text)
    {
        string trimmed = text.Trim();
        return Begins(text) && (trimmed.Length < 2 * Mark.Length || !trimmed.EndsWith(Mark, StringComparison.Ordinal));
    }

    /// <summary>What stands between the marks; a text without them as it is.</summary>
    public static string Strip(string text)
    {
        string trimmed = text.Trim();
        if (!Begins(text))
        {
            return text;
        }

        string inner = trimmed[Mark.Length..];
        return (inner.EndsWith(Mark, StringComparison.Ordinal) ? inner[..^Mark.Length] : inner).Trim('\n');
    }
}
