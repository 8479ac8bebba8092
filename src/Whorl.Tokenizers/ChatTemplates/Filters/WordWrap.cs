using System.Text.RegularExpressions;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The filter <c>wordwrap</c>: Python's textwrap, applied to each line of a text.</summary>
internal static partial class WordWrap
{
    public static Value Apply(FilterCall call)
    {
        Value?[] bound = call.Arguments.Bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        int width = Arguments.Clamped(bound[0], 79);
        bool breakLongWords = bound[1]?.IsTrue ?? true;
        string newLine = bound[2] is null or NoneValue ? "\n" : bound[2]!.Text;
        bool breakOnHyphens = bound[3]?.IsTrue ?? true;
        if (width <= 0)
        {
            throw ChatTemplateException.Value($"invalid width {width} (must be > 0)");
        }

        IEnumerable<string> lines = PythonText.SplitLines(Arguments.String(call.Value, "wordwrap").Text)
            .Select(line => string.Join(newLine, Wrap(line, width, breakLongWords, breakOnHyphens)));
        return new StrValue(string.Join(newLine, lines));
    }

    private static List<string> Wrap(string text, int width, bool breakLongWords, bool breakOnHyphens)
    {
        var chunks = new Stack<string>((breakOnHyphens ? Separators() : Spaces()).Split(text).Where(chunk => chunk.Length > 0).Reverse());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            RenderBudget.Step();
            if (lines.Count > 0 && IsSpace(chunks.Peek()))
            {
                chunks.Pop();
            }

            var line = new List<string>();
            int length = 0;
            while (chunks.Count > 0 && length + Size(chunks.Peek()) <= width)
            {
                length += Size(chunks.Peek());
                line.Add(chunks.Pop());
            }

            if (chunks.Count > 0 && Size(chunks.Peek()) > width)
            {
                BreakWord(chunks, line, width - length, breakLongWords, breakOnHyphens);
            }

            if (line.Count > 0 && IsSpace(line[^1]))
            {
                line.RemoveAt(line.Count - 1);
            }

            if (line.Count > 0)
            {
                lines.Add(string.Concat(line));
            }
        }

        return lines;
    }

    private static void BreakWord(Stack<string> chunks, List<string> line, int spaceLeft, bool breakLongWords, bool breakOnHyphens)
    {
        if (!breakLongWords)
        {
            if (line.Count == 0)
            {
                line.Add(chunks.Pop());
            }

            return;
        }

        var word = new StrValue(chunks.Pop());
        int end = Math.Max(spaceLeft, 1);
        if (breakOnHyphens && word.CodePoints > end)
        {
            int hyphen = word.Substring(0, end).LastIndexOf('-');
            int at = hyphen > 0 ? word.CodePointAt(hyphen) : -1;
            end = at > 0 && word.Substring(0, at).Any(character => character != '-') ? at + 1 : end;
        }

        line.Add(word.Substring(0, end));
        chunks.Push(word.Substring(end, word.CodePoints));
    }

    private static int Size(string chunk) => new StrValue(chunk).CodePoints;

    private static bool IsSpace(string chunk) => PythonText.Strip(chunk).Length == 0;

    [GeneratedRegex(@"([\t\n\v\f\r ]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();

    // textwrap's wordsep_re: white space; a dash between words; a word up to its hyphen, its end or a dash.
    [GeneratedRegex(
        """
        ([\t\n\v\f\r ]+
        |(?<=[\w!"'&.,?])-{2,}(?=\w)
        |[^\t\n\v\f\r ]+?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])
          |(?=[\t\n\v\f\r ]|\z)
          |(?<=[\w!"'&.,?])(?=-{2,}\w)))
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Separators();
}
