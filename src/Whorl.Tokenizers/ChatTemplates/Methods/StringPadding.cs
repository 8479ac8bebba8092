using System.Numerics;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The string methods that make a text longer.</summary>
internal static class StringPadding
{
    public static StrValue Center(StrValue self, Arguments arguments)
    {
        (int missing, string fill) = Missing(self, arguments, "center");

        // An odd rest goes to the left of a text of odd length, as CPython does it.
        int width = self.CodePoints + missing;
        int left = (missing / 2) + (missing & width & 1);
        return self.With(Repeat(fill, left) + self.Text + Repeat(fill, missing - left));
    }

    public static StrValue LeftJustify(StrValue self, Arguments arguments)
    {
        (int missing, string fill) = Missing(self, arguments, "ljust");
        return self.With(self.Text + Repeat(fill, missing));
    }

    public static StrValue RightJustify(StrValue self, Arguments arguments)
    {
        (int missing, string fill) = Missing(self, arguments, "rjust");
        return self.With(Repeat(fill, missing) + self.Text);
    }

    public static StrValue ZeroFill(StrValue self, Arguments arguments)
    {
        int missing = Missing(self, Arguments.Integer(arguments.Bind("zfill", 1, "width")[0], 0));
        int sign = self.Text is ['+' or '-', ..] ? 1 : 0;
        return self.With(self.Text[..sign] + Repeat("0", missing) + self.Text[sign..]);
    }

    public static StrValue ExpandTabs(StrValue self, Arguments arguments)
    {
        int size = Math.Max(0, Arguments.Clamped(arguments.Bind("expandtabs", 0, "tabsize")[0], 8));
        var text = new StringBuilder();
        int column = 0;
        foreach (Value character in self.Elements)
        {
            if (character.Text == "\t")
            {
                int spaces = size == 0 ? 0 : size - (column % size);
                text.Append(' ', RenderBudget.Allocate((long)text.Length + spaces) - text.Length);
                column += spaces;
                continue;
            }

            text.Append(character.Text);
            column = character.Text is "\n" or "\r" ? 0 : column + 1;
        }

        return self.With(text.ToString());
    }

    private static (int Missing, string Fill) Missing(StrValue self, Arguments arguments, string name)
    {
        Value?[] bound = arguments.Bind(name, 1, "width", "fillchar");
        StrValue? fill = bound[1] is null ? null : Arguments.String(bound[1], name);
        return fill is { CodePoints: not 1 }
            ? throw ChatTemplateException.Type("The fill character must be exactly one character long")
            : (Missing(self, Arguments.Integer(bound[0], 0)), fill?.Text ?? " ");
    }

    private static int Missing(StrValue self, BigInteger width) =>
        RenderBudget.Allocate(BigInteger.Max(width, self.CodePoints)) - self.CodePoints;

    private static string Repeat(string fill, int count) => string.Concat(Enumerable.Repeat(fill, count));
}
