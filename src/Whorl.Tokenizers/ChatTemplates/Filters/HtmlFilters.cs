using System.Buffers;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters for HTML and addresses.</summary>
internal static class HtmlFilters
{
    // Characters that would end an attribute's name.
    private static readonly SearchValues<char> EndsName = SearchValues.Create(" \t\n\r\f\v/>=");

    public static Value Escape(FilterCall call) => Html.AsMarkup(call.Value);

    public static Value ForceEscape(FilterCall call) => Html.AsMarkup(new StrValue(call.Value.Text));

    public static Value Safe(FilterCall call) => new StrValue(call.Value.Text, isMarkup: true);

    public static Value StripTags(FilterCall call) => new StrValue(Html.StripTags(call.Value.Text));

    /// <summary>The text for an address's path; the pairs of a dictionary or list for its query.</summary>
    public static Value UrlEncode(FilterCall call)
    {
        if (call.Value is StrValue || call.Value.Elements is null)
        {
            return new StrValue(Quote(call.Value.Text, "/"));
        }

        IEnumerable<Value> pairs = call.Value is DictValue dict ? dict.Entries.Select(DictValue.AsTuple) : call.Items;
        return new StrValue(string.Join('&', pairs.Select(pair => pair.Enumerate().ToArray() is [var key, var value]
            ? $"{QuoteForQuery(key)}={QuoteForQuery(value)}"
            : throw ChatTemplateException.Value("urlencode needs pairs of keys and values"))));
    }

    /// <summary>A dictionary as the attributes of an XML element.</summary>
    public static Value XmlAttributes(FilterCall call)
    {
        bool autospace = call.Arguments.Bind("xmlattr", 0, "autospace")[0]?.IsTrue ?? true;
        DictValue dict = call.Value as DictValue
            ?? throw ChatTemplateException.Type($"'{call.Value.TypeName}' object has no attribute 'items'");
        var written = new List<string>();
        foreach ((Value key, Value value) in dict.Entries)
        {
            if (value is NoneValue or UndefinedValue)
            {
                continue;
            }

            if (Arguments.String(key, "xmlattr").Text.AsSpan().ContainsAny(EndsName))
            {
                throw ChatTemplateException.Value($"Invalid character in attribute name: {key.Repr()}");
            }

            written.Add($"{Html.Escape(key)}=\"{Html.Escape(value)}\"");
        }

        string text = string.Join(' ', written);
        return new StrValue(autospace && text.Length > 0 ? " " + text : text);
    }

    private static string QuoteForQuery(Value value) => Quote(value.Text, "").Replace("%20", "+", StringComparison.Ordinal);

    private static string Quote(string text, string kept)
    {
        var quoted = new StringBuilder();
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            char character = (char)unit;
            bool safe = char.IsAsciiLetterOrDigit(character) || "_.-~".Contains(character) || kept.Contains(character);
            _ = safe ? quoted.Append(character) : quoted.Append('%').Append(Convert.ToHexString([unit]));
        }

        return quoted.ToString();
    }
}
