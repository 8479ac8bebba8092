namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that work on values of any type.</summary>
internal static class ValueFilters
{
    public static Value Attribute(FilterCall call)
    {
        Value name = call.Arguments.Bind("attr", 1, "name")[0]!;
        string text = Arguments.String(name, "attr").Text;
        return call.Value.Attribute(text) is null ? UndefinedValue.Missing(call.Value, name) : Attributes.OfAttribute(call.Value, text);
    }

    /// <summary>Another value where this one is undefined, or with a second argument that is true, where it counts as false.</summary>
    public static Value Default(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("default", 0, "default_value", "boolean");
        bool replace = call.Value is UndefinedValue || ((bound[1]?.IsTrue ?? false) && !call.Value.IsTrue);
        return replace ? bound[0] ?? StrValue.Empty : call.Value;
    }

    /// <summary>JSON as transformers writes it: nothing escaped for HTML, characters beyond ASCII as they are.</summary>
    public static Value ToJson(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = bound[1] switch
        {
            null or NoneValue => null,
            StrValue text => text.Text,
            var width => new string(' ', RenderBudget.Allocate(Math.Max(0, Arguments.Clamped(width, 0)))),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (bound[2] is not (null or NoneValue))
        {
            Value[] separators = [.. bound[2]!.Enumerate()];
            (item, key) = separators.Length == 2
                ? (Arguments.String(separators[0], "tojson").Text, Arguments.String(separators[1], "tojson").Text)
                : throw ChatTemplateException.Value("separators must be a pair: between items, and between a key and its value");
        }

        return new StrValue(new JsonText
        {
            EnsureAscii = bound[0]?.IsTrue ?? false,
            Indent = indent,
            ItemSeparator = item,
            KeySeparator = key,
            SortKeys = bound[3]?.IsTrue ?? false,
        }.Write(call.Value));
    }
}
