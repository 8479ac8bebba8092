using System.Collections.Frozen;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Jinja's filters: what may follow <c>|</c>.</summary>
/// <remarks>Source: https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters</remarks>
internal static class TemplateFilters
{
    private static readonly FrozenDictionary<string, Func<FilterCall, Value>> Filters = new Dictionary<string, Func<FilterCall, Value>>
    {
        ["abs"] = NumberFilters.Abs,
        ["float"] = NumberFilters.Float,
        ["int"] = NumberFilters.Int,
        ["round"] = NumberFilters.Round,
        ["filesizeformat"] = NumberFilters.FileSize,
        ["capitalize"] = TextFilters.Capitalize,
        ["center"] = TextFilters.Center,
        ["format"] = TextFilters.Format,
        ["indent"] = TextFilters.Indent,
        ["lower"] = TextFilters.Lower,
        ["replace"] = TextFilters.Replace,
        ["string"] = call => call.Text,
        ["title"] = TextFilters.Title,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = TextFilters.Truncate,
        ["upper"] = TextFilters.Upper,
        ["wordcount"] = TextFilters.WordCount,
        ["wordwrap"] = WordWrap.Apply,
        ["e"] = HtmlFilters.Escape,
        ["escape"] = HtmlFilters.Escape,
        ["forceescape"] = HtmlFilters.ForceEscape,
        ["safe"] = HtmlFilters.Safe,
        ["striptags"] = HtmlFilters.StripTags,
        ["urlencode"] = HtmlFilters.UrlEncode,
        ["urlize"] = Urlize.Apply,
        ["xmlattr"] = HtmlFilters.XmlAttributes,
        ["attr"] = ValueFilters.Attribute,
        ["d"] = ValueFilters.Default,
        ["default"] = ValueFilters.Default,
        ["pprint"] = PrettyPrint.Apply,
        ["tojson"] = ValueFilters.ToJson,
        ["count"] = SequenceFilters.Length,
        ["length"] = SequenceFilters.Length,
        ["first"] = SequenceFilters.First,
        ["last"] = SequenceFilters.Last,
        ["random"] = SequenceFilters.Random,
        ["join"] = SequenceFilters.Join,
        ["list"] = SequenceFilters.List,
        ["items"] = SequenceFilters.Items,
        ["reverse"] = SequenceFilters.Reverse,
        ["batch"] = SequenceFilters.Batch,
        ["slice"] = SequenceFilters.Slice,
        ["sum"] = SequenceFilters.Sum,
        ["dictsort"] = OrderFilters.DictSort,
        ["groupby"] = OrderFilters.GroupBy,
        ["max"] = OrderFilters.Max,
        ["min"] = OrderFilters.Min,
        ["sort"] = OrderFilters.Sort,
        ["unique"] = OrderFilters.Unique,
        ["map"] = SelectionFilters.Map,
        ["select"] = call => SelectionFilters.Select(call, ofAttribute: false, keepWhen: true),
        ["selectattr"] = call => SelectionFilters.Select(call, ofAttribute: true, keepWhen: true),
        ["reject"] = call => SelectionFilters.Select(call, ofAttribute: false, keepWhen: false),
        ["rejectattr"] = call => SelectionFilters.Select(call, ofAttribute: true, keepWhen: false),
    }.ToFrozenDictionary();

    public static bool Exists(string name) => Filters.ContainsKey(name);

    /// <summary>Applies the filter of that name.</summary>
    public static Value Apply(string name, FilterCall call) => Filters.TryGetValue(name, out Func<FilterCall, Value>? filter)
        ? filter(call)
        : throw ChatTemplateException.Runtime($"No filter named {PythonText.Quote(name)}.");
}
