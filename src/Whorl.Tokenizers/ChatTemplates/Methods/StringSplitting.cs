using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The string methods that take texts apart and put them together.</summary>
internal static class StringSplitting
{
    public static ListValue Split(StrValue self, Arguments arguments, bool fromEnd)
    {
        string name = fromEnd ? "rsplit" : "split";
        Value?[] bound = arguments.Bind(name, 0, "sep", "maxsplit");
        int maxSplits = Arguments.Clamped(bound[1], -1);
        if (bound[0] is null or NoneValue)
        {
            return ListOf(self, fromEnd
                ? PythonText.SplitOnSpaceFromEnd(self.Text, maxSplits)
                : PythonText.SplitOnSpace(self.Text, maxSplits));
        }

        string separator = Arguments.String(bound[0], name).Text;
        if (separator.Length == 0)
        {
            throw ChatTemplateException.Value("empty separator");
        }

        return ListOf(self, fromEnd ? FromEnd(self.Text, separator, maxSplits) : FromStart(self.Text, separator, maxSplits));
    }

    public static ListValue Lines(StrValue self, Arguments arguments) =>
        ListOf(self, PythonText.SplitLines(self.Text, arguments.Bind("splitlines", 0, "keepends")[0]?.IsTrue ?? false));

    public static TupleValue Partition(StrValue self, StrValue separator, bool fromEnd)
    {
        if (!separator.IsTrue)
        {
            throw ChatTemplateException.Value("empty separator");
        }

        int at = fromEnd
            ? self.Text.LastIndexOf(separator.Text, StringComparison.Ordinal)
            : self.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        StrValue empty = self.With("");
        if (at < 0)
        {
            return new TupleValue(fromEnd ? [empty, empty, self] : [self, empty, empty]);
        }

        string behind = self.Text[(at + separator.Text.Length)..];
        return new TupleValue([self.With(self.Text[..at]), self.With(separator.Text), self.With(behind)]);
    }

    public static StrValue Join(StrValue self, Value items)
    {
        if (items.Elements is null)
        {
            throw ChatTemplateException.Type("can only join an iterable");
        }

        var joined = new StringBuilder();
        int index = 0;
        foreach (Value item in items.Elements)
        {
            if (item is not StrValue && !self.IsMarkup)
            {
                throw ChatTemplateException.Type($"sequence item {index}: expected str instance, {item.TypeName} found");
            }

            joined.Append(index++ == 0 ? "" : self.Text).Append(self.IsMarkup ? Html.Escape(item) : item.Text);
            RenderBudget.Allocate(joined.Length);
        }

        return self.With(joined.ToString());
    }

    private static List<string> FromStart(string text, string separator, int maxSplits)
    {
        var parts = new List<string>();
        int start = 0;
        while (maxSplits < 0 || parts.Count < maxSplits)
        {
            int at = text.IndexOf(separator, start, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            parts.Add(text[start..at]);
            start = at + separator.Length;
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static List<string> FromEnd(string text, string separator, int maxSplits)
    {
        var parts = new List<string>();
        int end = text.Length;
        while (maxSplits < 0 || parts.Count < maxSplits)
        {
            int at = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static ListValue ListOf(StrValue self, List<string> parts)
    {
        RenderBudget.Allocate(parts.Count);
        return new ListValue([.. parts.Select(self.With)]);
    }
}
