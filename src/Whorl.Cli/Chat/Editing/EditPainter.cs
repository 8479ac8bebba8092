using System.Globalization;
using System.Text;

namespace Whorl.Cli.Chat.Editing;

/// <summary>From one view to the next: what a terminal is to be sent, so that only rows that differ are drawn again.</summary>
/// <remarks>Source of the sequences: ECMA-48 (CUU, CUF, CUP, EL, ED).</remarks>
internal sealed class EditPainter
{
    private EditView _shown = Nothing;
    private int _columns;

    private static EditView Nothing => new([], 0, 0);

    /// <summary>What to send.</summary>
    /// <param name="view">What is to be seen.</param>
    /// <param name="columns">Columns of the terminal now: where they have changed, it has broken its rows anew.</param>
    public string Paint(EditView view, int columns)
    {
        StringBuilder output = new();
        if (_columns != columns && _shown.Rows.Count > 0)
        {
            int above = _shown.Rows.Take(_shown.CursorRow).Sum(row => RowsOf(TextWidth.Of(row), columns)) + RowsOf(_shown.CursorColumn + 1, columns) - 1;
            Up(output, above).Append("\r\e[J");
            _shown = Nothing;
        }

        _columns = columns;
        int same = 0;
        while (same < _shown.Rows.Count && same < view.Rows.Count && _shown.Rows[same] == view.Rows[same])
        {
            same++;
        }

        int row = _shown.CursorRow;
        if (same < view.Rows.Count || same < _shown.Rows.Count)
        {
            row = Draw(output, view, Math.Min(same, view.Rows.Count - 1), row);
        }

        (row > view.CursorRow ? Up(output, row - view.CursorRow) : Down(output, view.CursorRow - row)).Append('\r');
        if (view.CursorColumn > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{view.CursorColumn}C");
        }

        _shown = view;
        return output.ToString();
    }

    /// <summary>What to send to go on below.</summary>
    public string Finish()
    {
        string output = Down(new StringBuilder(), Math.Max(_shown.Rows.Count - 1 - _shown.CursorRow, 0)).Append("\r\n").ToString();
        _shown = Nothing;
        return output;
    }

    /// <summary>What to send to begin again on an empty screen.</summary>
    public string Clear()
    {
        _shown = Nothing;
        return "\e[H\e[2J";
    }

    /// <summary>Draws the rows from one on, and leaves the cursor in the last.</summary>
    private int Draw(StringBuilder output, EditView view, int first, int row)
    {
        int reached = Math.Min(first, Math.Max(_shown.Rows.Count - 1, 0)); // rows below are not there yet
        (row > reached ? Up(output, row - reached) : Down(output, reached - row)).Append('\r');
        for (int i = first; i < view.Rows.Count; i++)
        {
            output.Append(i > reached ? "\r\n" : "").Append(view.Rows[i]).Append("\e[K");
        }

        output.Append(_shown.Rows.Count > view.Rows.Count ? "\r\n\e[J\e[A" : "");
        return view.Rows.Count - 1;
    }

    private static int RowsOf(int width, int columns) => Math.Max((width + columns - 1) / Math.Max(columns, 1), 1);

    private static StringBuilder Up(StringBuilder output, int rows) => Move(output, rows, 'A');

    private static StringBuilder Down(StringBuilder output, int rows) => Move(output, rows, 'B');

    private static StringBuilder Move(StringBuilder output, int rows, char direction) =>
        rows > 0 ? output.Append(CultureInfo.InvariantCulture, $"\e[{rows}{direction}") : output;
}
