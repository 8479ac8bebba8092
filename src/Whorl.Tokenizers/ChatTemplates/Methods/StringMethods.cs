using System.Collections.Frozen;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The methods of strings, by name.</summary>
/// <remarks>Source: https://docs.python.org/3/library/stdtypes.html#string-methods</remarks>
internal static class StringMethods
{
    private delegate Value Method(StrValue self, Arguments arguments);

    private static readonly FrozenDictionary<string, Method> Methods = new Dictionary<string, Method>
    {
        ["upper"] = (self, arguments) => Changed(self, arguments, "upper", PythonCase.Upper),
        ["lower"] = (self, arguments) => Changed(self, arguments, "lower", PythonCase.Lower),
        ["title"] = (self, arguments) => Changed(self, arguments, "title", PythonCase.Title),
        ["capitalize"] = (self, arguments) => Changed(self, arguments, "capitalize", PythonCase.Capitalize),
        ["swapcase"] = (self, arguments) => Changed(self, arguments, "swapcase", PythonCase.Swap),
        ["casefold"] = (self, arguments) => Changed(self, arguments, "casefold", PythonCase.Fold),
        ["strip"] = (self, arguments) => StringEdges.Strip(self, arguments.Bind("strip", 0, "chars")[0], atStart: true, atEnd: true),
        ["lstrip"] = (self, arguments) => StringEdges.Strip(self, arguments.Bind("lstrip", 0, "chars")[0], atStart: true, atEnd: false),
        ["rstrip"] = (self, arguments) => StringEdges.Strip(self, arguments.Bind("rstrip", 0, "chars")[0], atStart: false, atEnd: true),
        ["removeprefix"] = (self, arguments) => StringEdges.RemovePrefix(self, One(arguments, "removeprefix")),
        ["removesuffix"] = (self, arguments) => StringEdges.RemoveSuffix(self, One(arguments, "removesuffix")),
        ["startswith"] = (self, arguments) => StringEdges.StartsWith(self, arguments),
        ["endswith"] = (self, arguments) => StringEdges.EndsWith(self, arguments),
        ["center"] = (self, arguments) => StringPadding.Center(self, arguments),
        ["ljust"] = (self, arguments) => StringPadding.LeftJustify(self, arguments),
        ["rjust"] = (self, arguments) => StringPadding.RightJustify(self, arguments),
        ["zfill"] = (self, arguments) => StringPadding.ZeroFill(self, arguments),
        ["expandtabs"] = (self, arguments) => StringPadding.ExpandTabs(self, arguments),
        ["split"] = (self, arguments) => StringSplitting.Split(self, arguments, fromEnd: false),
        ["rsplit"] = (self, arguments) => StringSplitting.Split(self, arguments, fromEnd: true),
        ["splitlines"] = (self, arguments) => StringSplitting.Lines(self, arguments),
        ["partition"] = (self, arguments) => StringSplitting.Partition(self, One(arguments, "partition"), fromEnd: false),
        ["rpartition"] = (self, arguments) => StringSplitting.Partition(self, One(arguments, "rpartition"), fromEnd: true),
        ["join"] = (self, arguments) => StringSplitting.Join(self, arguments.Bind("join", 1, "iterable")[0]!),
        ["find"] = (self, arguments) => IntValue.Of(StringSearch.Find(self, arguments, "find", fromEnd: false)),
        ["rfind"] = (self, arguments) => IntValue.Of(StringSearch.Find(self, arguments, "rfind", fromEnd: true)),
        ["index"] = (self, arguments) => StringSearch.Index(self, arguments, "index", fromEnd: false),
        ["rindex"] = (self, arguments) => StringSearch.Index(self, arguments, "rindex", fromEnd: true),
        ["count"] = (self, arguments) => StringSearch.Count(self, arguments),
        ["replace"] = (self, arguments) => StringSearch.Replace(self, arguments),
        ["translate"] = (self, arguments) => StringSearch.Translate(self, arguments.Bind("translate", 1, "table")[0]!),
        ["format"] = FieldFormat.Format,
        ["format_map"] = (self, arguments) => FieldFormat.FormatMap(self, arguments.Bind("format_map", 1, "mapping")[0]!),
        ["isdigit"] = (self, arguments) => All(self, arguments, "isdigit", PythonText.IsDigit),
        ["isdecimal"] = (self, arguments) => All(self, arguments, "isdecimal", PythonText.IsDecimal),
        ["isnumeric"] = (self, arguments) => All(self, arguments, "isnumeric", PythonText.IsNumeric),
        ["isalpha"] = (self, arguments) => All(self, arguments, "isalpha", PythonText.IsLetter),
        ["isalnum"] = (self, arguments) => All(self, arguments, "isalnum", PythonText.IsAlphanumeric),
        ["isspace"] = (self, arguments) => All(self, arguments, "isspace", point => point < 0x10000 && PythonText.IsSpace((char)point)),
        ["isascii"] = (self, _) => BoolValue.Of(PythonText.CodePoints(self.Text).All(point => point < 0x80)),
        ["isprintable"] = (self, _) => BoolValue.Of(PythonText.CodePoints(self.Text).All(PythonText.IsPrintable)),
        ["isidentifier"] = (self, _) => BoolValue.Of(PythonText.IsIdentifier(self.Text)),
        ["isupper"] = (self, _) => BoolValue.Of(IsUpper(self.Text)),
        ["islower"] = (self, _) => BoolValue.Of(IsLower(self.Text)),
        ["istitle"] = (self, _) => BoolValue.Of(IsTitle(self.Text)),
    }.ToFrozenDictionary();

    /// <summary>The method of that name bound to a string, or null.</summary>
    public static Value? Find(StrValue self, string name) =>
        Methods.TryGetValue(name, out Method? method) ? new FunctionValue(name, (_, arguments) => method(self, arguments)) : null;

    /// <summary>Whether there are letters with case, and all of them are capitals.</summary>
    public static bool IsUpper(string text) =>
        PythonText.CodePoints(text).Any(PythonCase.IsUpper)
        && !PythonText.CodePoints(text).Any(point => PythonCase.IsLower(point) || PythonCase.IsTitle(point));

    /// <summary>Whether there are letters with case, and none of them is a capital.</summary>
    public static bool IsLower(string text) =>
        PythonText.CodePoints(text).Any(PythonCase.IsLower)
        && !PythonText.CodePoints(text).Any(point => PythonCase.IsUpper(point) || PythonCase.IsTitle(point));

    private static bool IsTitle(string text)
    {
        bool within = false;
        bool found = false;
        foreach (int point in PythonText.CodePoints(text))
        {
            bool capital = PythonCase.IsUpper(point) || PythonCase.IsTitle(point);
            if (capital ? within : PythonCase.IsLower(point) && !within)
            {
                return false;
            }

            within = PythonCase.IsCased(point);
            found |= within;
        }

        return found;
    }

    private static StrValue Changed(StrValue self, Arguments arguments, string name, Func<string, string> change)
    {
        arguments.Bind(name, 0);
        return self.With(change(self.Text));
    }

    private static BoolValue All(StrValue self, Arguments arguments, string name, Func<int, bool> holds)
    {
        arguments.Bind(name, 0);
        return BoolValue.Of(self.IsTrue && PythonText.CodePoints(self.Text).All(holds));
    }

    private static StrValue One(Arguments arguments, string name) => Arguments.String(arguments.Bind(name, 1, "value")[0], name);
}
