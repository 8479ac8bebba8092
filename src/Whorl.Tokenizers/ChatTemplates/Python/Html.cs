using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>HTML escaping as markupsafe does it.</summary>
internal static class Html
{
    /// <summary>The text of a value with <c>&amp; &lt; &gt; " '</c> escaped, unless it is marked as safe.</summary>
    public static string Escape(Value value)
    {
        if (value is StrValue { IsMarkup: true })
        {
            return value.Text;
        }

        var escaped = new StringBuilder();
        foreach (char character in value.Text)
        {
            _ = character switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&#34;"),
                '\'' => escaped.Append("&#39;"),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }

    /// <summary>The escaped text, marked as safe.</summary>
    public static StrValue AsMarkup(Value value) => new(Escape(value), isMarkup: true);

    /// <summary>The text without comments and tags, its white space made single spaces, its entities resolved.</summary>
    public static string StripTags(string text)
    {
        text = RemoveBetween(text, "<!--", "-->");
        text = RemoveBetween(text, "<", ">");
        return System.Net.WebUtility.HtmlDecode(string.Join(' ', PythonText.SplitOnSpace(text, -1)));
    }

    private static string RemoveBetween(string text, string open, string close)
    {
        var kept = new StringBuilder();
        int at = 0;
        while (true)
        {
            int start = text.IndexOf(open, at, StringComparison.Ordinal);
            int end = start < 0 ? -1 : text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0)
            {
                return kept.Append(text, at, text.Length - at).ToString();
            }

            kept.Append(text, at, start - at);
            at = end + close.Length;
        }
    }
}
