using System.Globalization;
using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Tests.Chat;

/// <summary>What a terminal makes of what it is sent.</summary>
internal sealed class ScreenSimulator
{
    private readonly List<List<string>> _rows = [[]];

    /// <summary>Row of the cursor.</summary>
    public int Row { get; private set; }

    /// <summary>Column of the cursor.</summary>
    public int Column { get; private set; }

    /// <summary>The rows, without what is blank at their ends; blank ones at the end left out.</summary>
    public IReadOnlyList<string> Rows
    {
        get
        {
            List<string> rows = [.. _rows.Select(row => string.Concat(row).TrimEnd())];
            while (rows.Count > 0 && rows[^1].Length == 0)
            {
                rows.RemoveAt(rows.Count - 1);
            }

            return rows;
        }
    }

    public void Send(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            if (text[at] == '\e')
            {
                int end = at + 2;
                while (!char.IsAsciiLetter(text[end]))
                {
                    end++;
                }

                Sequence(text[end], text[(at + 2)..end]);
                at = end + 1;
                continue;
            }

            int next = text[at] is '\r' or '\n' ? at + 1 : TextWidth.Next(text, at);
            Put(text[at..next]);
            at = next;
        }
    }

    private void Put(string element)
    {
        if (element == "\r")
        {
            Column = 0;
            return;
        }

        if (element == "\n")
        {
            Row++;
            while (_rows.Count <= Row)
            {
                _rows.Add([]);
            }

            return;
        }

        int width = TextWidth.OfElement(element);
        List<string> row = _rows[Row];
        while (row.Count < Column + width)
        {
            row.Add(" ");
        }

        row[Column] = element;
        for (int i = 1; i < width; i++)
        {
            row[Column + i] = "";
        }

        Column += width;
    }

    private void Sequence(char command, string argument)
    {
        int number = int.TryParse(argument, CultureInfo.InvariantCulture, out int value) ? value : 1;
        List<string> row = _rows[Row];
        switch (command)
        {
            case 'A':
                Assert.True(number <= Row, "above the first row");
                Row -= number;
                break;
            case 'B':
                Assert.True(Row + number < _rows.Count, "below the last row");
                Row += number;
                break;
            case 'C':
                Column += number;
                break;
            case 'K' or 'J':
                if (row.Count > Column)
                {
                    row.RemoveRange(Column, row.Count - Column);
                }

                if (command == 'J' && argument.Length == 0)
                {
                    _rows.RemoveRange(Row + 1, _rows.Count - Row - 1);
                }

                break;
            default:
                Assert.Fail($"sequence {argument}{command}");
                break;
        }
    }
}
