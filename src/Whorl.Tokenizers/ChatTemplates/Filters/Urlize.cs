using System.Text.RegularExpressions;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filter <c>urlize</c>: makes links of addresses in a text.</summary>
internal static partial class Urlize
{
    private static readonly (string Open, string Close)[] Brackets = [("(", ")"), ("<", ">"), ("&lt;", "&gt;")];

    public static Value Apply(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("urlize", 0, "trim_url_limit", "nofollow", "target", "rel", "extra_schemes");
        int? limit = bound[0] is null or NoneValue ? null : Arguments.Clamped(bound[0], 0);
        string given = bound[3] is null or NoneValue ? "" : bound[3]!.Text;
        var rel = new SortedSet<string>(PythonText.SplitOnSpace(given, -1), StringComparer.Ordinal) { "noopener" };
        if (bound[1]?.IsTrue ?? false)
        {
            rel.Add("nofollow");
        }

        string attributes = $" rel=\"{Html.Escape(new StrValue(string.Join(' ', rel)))}\"";
        attributes += bound[2] is null or NoneValue ? "" : $" target=\"{Html.Escape(bound[2]!)}\"";
        string[] schemes = bound[4] is null or NoneValue ? [] : [.. bound[4]!.Enumerate().Select(scheme => scheme.Text)];
        IEnumerable<string> words = WhiteSpace().Split(Html.Escape(call.Value));
        return new StrValue(string.Concat(words.Select(word => Link(word, limit, attributes, schemes))));
    }

    private static string Link(string word, int? limit, string attributes, string[] schemes)
    {
        RenderBudget.Step();
        string head = Opening().Match(word).Value;
        string middle = word[head.Length..];
        string tail = "";
        if (Closing().Match(middle) is { Success: true } closing)
        {
            tail = closing.Value;
            middle = middle[..closing.Index];
        }

        (middle, tail) = Balance(middle, tail);
        string Shown() => limit is { } most && middle.Length > most ? middle[..most] + "..." : middle;
        if (Address().IsMatch(middle))
        {
            bool hasScheme = middle.StartsWith("https://", StringComparison.Ordinal)
                || middle.StartsWith("http://", StringComparison.Ordinal);
            middle = $"<a href=\"{(hasScheme ? "" : "https://")}{middle}\"{attributes}>{Shown()}</a>";
        }
        else if (middle.StartsWith("mailto:", StringComparison.Ordinal) && Email().IsMatch(middle[7..]))
        {
            middle = $"<a href=\"{middle}\">{middle[7..]}</a>";
        }
        else if (middle.Contains('@') && !middle.StartsWith("www.", StringComparison.Ordinal) && middle[0] != '@'
            && !middle.Contains(':') && Email().IsMatch(middle))
        {
            middle = $"<a href=\"mailto:{middle}\">{middle}</a>";
        }
        else if (schemes.Any(scheme => middle != scheme && middle.StartsWith(scheme, StringComparison.Ordinal)))
        {
            middle = $"<a href=\"{middle}\"{attributes}>{middle}</a>";
        }

        return head + middle + tail;
    }

    // A closing bracket belongs to the address if its opening one does.
    private static (string Middle, string Tail) Balance(string middle, string tail)
    {
        foreach ((string open, string close) in Brackets)
        {
            int missing = middle.AsSpan().Count(open) - middle.AsSpan().Count(close);
            int available = missing > 0 ? Math.Min(middle.AsSpan().Count(open), tail.AsSpan().Count(close)) : 0;
            for (int i = 0; i < available; i++)
            {
                int end = tail.IndexOf(close, StringComparison.Ordinal) + close.Length;
                middle += tail[..end];
                tail = tail[end..];
            }
        }

        return (middle, tail);
    }

    [GeneratedRegex(@"(\s+)", RegexOptions.CultureInvariant)]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"^([(<]|&lt;)+", RegexOptions.CultureInvariant)]
    private static partial Regex Opening();

    [GeneratedRegex(@"([)>.,\n]|&gt;)+$", RegexOptions.CultureInvariant)]
    private static partial Regex Closing();

    [GeneratedRegex(@"^\S+@\w[\w.-]*\.\w+$", RegexOptions.CultureInvariant)]
    private static partial Regex Email();

    [GeneratedRegex(
        """
        ^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})
        |([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)
        |(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}])))
        (?::[\d]{1,5})?(?:[/?\#]\S*)?$
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
