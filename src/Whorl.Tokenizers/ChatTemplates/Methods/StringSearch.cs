using System.Numerics;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The string methods that look for a part, or put another in its place.</summary>
internal static class StringSearch
{
    /// <summary>Where a part starts, in code points, or -1.</summary>
    public static int Find(StrValue self, Arguments arguments, string name, bool fromEnd)
    {
        Value?[] bound = arguments.Bind(name, 1, "sub", "start", "end");
        string part = Arguments.String(bound[0], name).Text;
        (int start, int end) = Slicing.Window(bound[1], bound[2], self.CodePoints);
        if (start > end || IsBeyond(bound[1], self))
        {
            return -1;
        }

        ReadOnlySpan<char> window = self.Text.AsSpan()[self.Offset(start)..self.Offset(end)];
        RenderBudget.Step(window.Length / 8);
        int at = fromEnd && part.Length == 0 ? window.Length
            : fromEnd ? window.LastIndexOf(part, StringComparison.Ordinal)
            : window.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : self.CodePointAt(at + self.Offset(start));
    }

    /// <summary>Whether a search starts behind the end of the text, where not even the empty text is found.</summary>
    public static bool IsBeyond(Value? start, StrValue self) =>
        start is not null && Numbers.TryInteger(start, out BigInteger index) && index > self.CodePoints;

    public static IntValue Index(StrValue self, Arguments arguments, string name, bool fromEnd)
    {
        int at = Find(self, arguments, name, fromEnd);
        return at >= 0 ? IntValue.Of(at) : throw ChatTemplateException.Value("substring not found");
    }

    public static IntValue Count(StrValue self, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("count", 1, "sub", "start", "end");
        string part = Arguments.String(bound[0], "count").Text;
        (int start, int end) = Slicing.Window(bound[1], bound[2], self.CodePoints);
        if (start > end || IsBeyond(bound[1], self))
        {
            return IntValue.Of(0);
        }

        return IntValue.Of(part.Length == 0 ? end - start + 1 : self.Substring(start, end).AsSpan().Count(part));
    }

    public static StrValue Replace(StrValue self, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("replace", 2, "old", "new", "count");
        StrValue replacement = Arguments.String(bound[1], "replace");
        return self.With(Replace(
            self.Text,
            Arguments.String(bound[0], "replace").Text,
            self.IsMarkup ? Html.Escape(replacement) : replacement.Text,
            Arguments.Clamped(bound[2], -1)));
    }

    /// <summary>
    /// The text with up to <paramref name="count"/> parts replaced, all where it is negative; an empty part is found between all
    /// characters.
    /// </summary>
    public static string Replace(string text, string old, string replacement, int count)
    {
        var replaced = new StringBuilder();
        int at = 0;
        for (int done = 0; count < 0 || done < count; done++)
        {
            int next = NextToReplace(text, old, at, isFirst: done == 0);
            if (next < 0)
            {
                break;
            }

            RenderBudget.Step(1 + (replacement.Length / 8));
            replaced.Append(text, at, next - at).Append(replacement);
            RenderBudget.Allocate(replaced.Length);
            at = next + old.Length;
        }

        return replaced.Append(text, at, text.Length - at).ToString();
    }

    public static StrValue Translate(StrValue self, Value table)
    {
        var text = new StringBuilder();
        foreach (int point in PythonText.CodePoints(self.Text))
        {
            Value mapped = table.Item(IntValue.Of(point)) ?? IntValue.Of(point);
            text.Append(mapped switch
            {
                NoneValue => "",
                StrValue given => given.Text,
                _ when Numbers.TryInteger(mapped, out BigInteger number) && number >= 0 && number <= 0x10FFFF =>
                    number <= char.MaxValue ? ((char)number).ToString() : char.ConvertFromUtf32((int)number),
                _ => throw ChatTemplateException.Type("character mapping must return integer, None or str"),
            });
            RenderBudget.Allocate(text.Length);
        }

        return self.With(text.ToString());
    }

    // An empty part lies before the first character and behind each one.
    private static int NextToReplace(string text, string old, int at, bool isFirst)
    {
        if (old.Length > 0)
        {
            return text.IndexOf(old, at, StringComparison.Ordinal);
        }

        int next = isFirst ? 0 : at + (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1);
        return next <= text.Length ? next : -1;
    }
}
