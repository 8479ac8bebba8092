using System.Text;

namespace Whorl.Cli.Chat.Editing;

/// <summary>What is to be seen of a text in the making: rows of a terminal, and where in them the cursor stands.</summary>
/// <param name="Rows">The rows, each narrower than the terminal.</param>
/// <param name="CursorRow">Number of the row with the cursor.</param>
/// <param name="CursorColumn">Columns before the cursor.</param>
internal sealed record EditView(IReadOnlyList<string> Rows, int CursorRow, int CursorColumn)
{
    private const int NarrowestText = 4;

    /// <summary>Lays a text out. The last column stays empty: what a terminal does behind it is not the same everywhere.</summary>
    /// <param name="prompt">Stands before the first line.</param>
    /// <param name="nextPrompt">Stands before every further line.</param>
    /// <param name="text">The text; its lines end in LF.</param>
    /// <param name="cursor">Index of the character behind the cursor.</param>
    /// <param name="columns">Columns of the terminal.</param>
    /// <param name="height">The most rows to show: those around the cursor.</param>
    public static EditView Of(string prompt, string nextPrompt, string text, int cursor, int columns, int height)
    {
        int width = Math.Max(columns - 1, NarrowestText);
        List<string> rows = [];
        StringBuilder row = new(prompt);
        int column = TextWidth.Of(prompt), cursorRow = 0, cursorColumn = 0;
        for (int at = 0; at <= text.Length; at = at == text.Length ? at + 1 : TextWidth.Next(text, at))
        {
            string element = at < text.Length ? text[at..TextWidth.Next(text, at)] : "";
            int wide = element is "\n" or "" ? 0 : TextWidth.OfElement(element);
            if (column + wide > width)
            {
                EndRow("");
            }

            if (at == cursor)
            {
                (cursorRow, cursorColumn) = (rows.Count, column);
            }

            if (element == "\n")
            {
                EndRow(nextPrompt);
            }
            else
            {
                row.Append(TextWidth.Shown(element));
                column += wide;
            }
        }

        rows.Add(row.ToString());
        int first = Math.Clamp(cursorRow - (height / 2), 0, Math.Max(rows.Count - height, 0));
        return new EditView([.. rows.Skip(first).Take(Math.Max(height, 1))], cursorRow - first, cursorColumn);

        void EndRow(string next)
        {
            rows.Add(row.ToString());
            row.Clear().Append(next);
            column = TextWidth.Of(next);
        }
    }
}
