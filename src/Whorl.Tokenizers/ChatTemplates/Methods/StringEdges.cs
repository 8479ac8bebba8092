namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The string methods about beginnings and ends.</summary>
internal static class StringEdges
{
    /// <summary>The text without the given characters, or without white space where none are given, at its edges.</summary>
    public static StrValue Strip(StrValue self, Value? characters, bool atStart, bool atEnd)
    {
        if (characters is not (null or NoneValue or StrValue))
        {
            throw ChatTemplateException.Type("strip arg must be None or str");
        }

        if (characters is not StrValue set)
        {
            string text = atStart ? PythonText.StripStart(self.Text) : self.Text;
            return self.With(atEnd ? PythonText.StripEnd(text) : text);
        }

        HashSet<string> members = [.. set.Elements.Select(member => member.Text)];
        int start = 0;
        int end = self.CodePoints;
        while (atStart && start < end && members.Contains(self.Substring(start, start + 1)))
        {
            start++;
        }

        while (atEnd && end > start && members.Contains(self.Substring(end - 1, end)))
        {
            end--;
        }

        return self.With(self.Substring(start, end));
    }

    public static StrValue RemovePrefix(StrValue self, StrValue prefix) =>
        self.Text.StartsWith(prefix.Text, StringComparison.Ordinal) ? self.With(self.Text[prefix.Text.Length..]) : self;

    public static StrValue RemoveSuffix(StrValue self, StrValue suffix) =>
        suffix.IsTrue && self.Text.EndsWith(suffix.Text, StringComparison.Ordinal) ? self.With(self.Text[..^suffix.Text.Length]) : self;

    public static BoolValue StartsWith(StrValue self, Arguments arguments) => Test(
        self,
        arguments.Bind("startswith", 1, "prefix", "start", "end"),
        "startswith",
        (text, part) => text.StartsWith(part, StringComparison.Ordinal));

    public static BoolValue EndsWith(StrValue self, Arguments arguments) => Test(
        self,
        arguments.Bind("endswith", 1, "suffix", "start", "end"),
        "endswith",
        (text, part) => text.EndsWith(part, StringComparison.Ordinal));

    private static BoolValue Test(StrValue self, Value?[] arguments, string name, Func<string, string, bool> test)
    {
        (int start, int end) = Slicing.Window(arguments[1], arguments[2], self.CodePoints);
        if (StringSearch.IsBeyond(arguments[1], self))
        {
            return BoolValue.False;
        }

        string text = self.Substring(start, end);
        return arguments[0] switch
        {
            StrValue part => BoolValue.Of(start <= end && test(text, part.Text)),
            TupleValue parts => BoolValue.Of(start <= end && parts.Items.Any(part => test(text, Arguments.String(part, name).Text))),
            var other => throw ChatTemplateException.Type($"{name} first arg must be str or a tuple of str, not {other!.TypeName}"),
        };
    }
}
