using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filters that change text.</summary>
internal static class TextFilters
{
    public static Value Upper(FilterCall call) => Change(call, "upper", PythonCase.Upper);

    public static Value Lower(FilterCall call) => Change(call, "lower", PythonCase.Lower);

    public static Value Capitalize(FilterCall call) => Change(call, "capitalize", PythonCase.Capitalize);

    public static Value Trim(FilterCall call) =>
        StringEdges.Strip(call.Text, call.Arguments.Bind("trim", 0, "chars")[0], atStart: true, atEnd: true);

    public static Value Center(FilterCall call) =>
        StringPadding.Center(call.Text, new Arguments([call.Arguments.Bind("center", 0, "width")[0] ?? IntValue.Of(80)], []));

    /// <summary>Each word with a capital first; unlike the method, only white space, hyphens and opening brackets part words.</summary>
    public static Value Title(FilterCall call)
    {
        call.Arguments.Bind("title", 0);
        var title = new StringBuilder();
        foreach (string part in Parts(call.Text.Text))
        {
            var text = new StrValue(part);
            title.Append(PythonCase.Upper(text.Substring(0, 1))).Append(PythonCase.Lower(text.Substring(1, text.CodePoints)));
        }

        return new StrValue(title.ToString());
    }

    public static Value Replace(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("replace", 2, "old", "new", "count");
        int count = bound[2] is NoneValue ? -1 : Arguments.Clamped(bound[2], -1);
        return new StrValue(StringSearch.Replace(call.Value.Text, bound[0]!.Text, bound[1]!.Text, count));
    }

    public static Value Format(FilterCall call)
    {
        Arguments arguments = call.Arguments;
        if (arguments.Named.Count == 0)
        {
            return PercentFormat.Format(call.Text, new TupleValue(arguments.Positional));
        }

        if (arguments.Positional.Count > 0)
        {
            throw ChatTemplateException.Runtime("can't handle positional and keyword arguments at the same time");
        }

        var named = new DictValue();
        foreach ((string name, Value value) in arguments.Named)
        {
            named.Set(name, value);
        }

        return PercentFormat.Format(call.Text, named);
    }

    /// <summary>The text with its lines indented: by a width or a text, the first and empty lines only if asked for.</summary>
    public static Value Indent(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("indent", 0, "width", "first", "blank");
        string indention = bound[0] is StrValue given
            ? given.Text
            : new string(' ', RenderBudget.Allocate(Math.Max(0, Arguments.Clamped(bound[0], 4))));
        bool first = bound[1]?.IsTrue ?? false;
        bool blank = bound[2]?.IsTrue ?? false;
        StrValue self = call.Value switch
        {
            StrValue text => text,
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw ChatTemplateException.Type($"unsupported operand type(s) for +=: '{call.Value.TypeName}' and 'str'"),
        };
        List<string> lines = PythonText.SplitLines(self.Text + "\n");
        var indented = new StringBuilder(first ? indention : "");
        for (int i = 0; i < lines.Count; i++)
        {
            bool indent = i > 0 && (blank || lines[i].Length > 0);
            indented.Append(i > 0 ? "\n" : "").Append(indent ? indention : "").Append(lines[i]);
            RenderBudget.Allocate(indented.Length);
        }

        return self.With(indented.ToString());
    }

    public static Value Truncate(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        int length = Arguments.Clamped(bound[0], 255);
        StrValue end = bound[2] is null ? new StrValue("...") : Arguments.String(bound[2], "truncate");
        int leeway = bound[3] is NoneValue ? 5 : Arguments.Clamped(bound[3], 5);
        if (length < end.CodePoints || leeway < 0)
        {
            throw ChatTemplateException.Value($"expected length >= {end.CodePoints} and leeway >= 0, got {length} and {leeway}");
        }

        if (call.Value.RequireLength() <= (long)length + leeway)
        {
            return call.Value;
        }

        StrValue self = Arguments.String(call.Value, "truncate");
        string kept = self.Substring(0, length - end.CodePoints);
        int space = bound[1]?.IsTrue ?? false ? -1 : kept.LastIndexOf(' ');
        return Arithmetic.Add(self.With(space < 0 ? kept : kept[..space]), end);
    }

    public static Value WordCount(FilterCall call)
    {
        call.Arguments.Bind("wordcount", 0);
        int count = 0;
        bool within = false;
        foreach (int point in PythonText.CodePoints(call.Text.Text))
        {
            bool isWord = point == '_' || PythonText.IsAlphanumeric(point);
            count += isWord && !within ? 1 : 0;
            within = isWord;
        }

        return IntValue.Of(count);
    }

    private static StrValue Change(FilterCall call, string name, Func<string, string> change)
    {
        call.Arguments.Bind(name, 0);
        return call.Text.With(change(call.Text.Text));
    }

    // Runs of separators and of everything else, in turn.
    private static IEnumerable<string> Parts(string text)
    {
        int start = 0;
        for (int i = 1; i <= text.Length; i++)
        {
            if (i == text.Length || IsSeparator(text[i]) != IsSeparator(text[start]))
            {
                yield return text[start..i];
                start = i;
            }
        }
    }

    private static bool IsSeparator(char character) => character is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(character);
}
