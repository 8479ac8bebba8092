using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Tests.Chat;

/// <summary>What is to be seen of a message, and that the terminal shows it.</summary>
public sealed class EditPainterTests
{
    [Fact]
    public void Text_is_wrapped_so_that_no_wide_character_is_cut()
    {
        EditView view = EditView.Of("> ", "  ", "日本語日本語", cursor: 3, columns: 10, height: 24);
        Assert.Equal(["> 日本語", "日本語"], view.Rows);
        Assert.Equal((1, 0), (view.CursorRow, view.CursorColumn));
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("e\u0301", 1)]
    [InlineData("日本", 4)]
    [InlineData("👍", 2)]
    [InlineData("👨‍👩‍👧", 2)]
    [InlineData("❤️", 2)]
    [InlineData("🇩🇪", 2)]
    [InlineData("\t", 4)]
    [InlineData("한글", 4)]
    public void Columns_are_counted_as_terminals_do(string text, int columns) => Assert.Equal(columns, TextWidth.Of(text));

    [Fact]
    public void Of_a_text_that_is_higher_than_the_terminal_the_part_with_the_cursor_is_seen()
    {
        string text = string.Join('\n', Enumerable.Range(0, 50));
        EditView view = EditView.Of("> ", "  ", text, text.Length, columns: 80, height: 5);
        Assert.Equal(["  45", "  46", "  47", "  48", "  49"], view.Rows);
        Assert.Equal((4, 4), (view.CursorRow, view.CursorColumn));
        view = EditView.Of("> ", "  ", text, 0, columns: 80, height: 5);
        Assert.Equal(("> 0", 0), (view.Rows[0], view.CursorRow));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_terminal_shows_what_is_to_be_seen_after_any_keys(int seed)
    {
        Random random = new(seed);
        EditCommand[] commands = Enum.GetValues<EditCommand>();
        string[] texts = ["a", " ", "word ", "日本", "e\u0301", "👨‍👩‍👧", "x\ny", new string('-', 30)];
        LineEditor editor = new(InputHistory.Load(file: null), _ => []);
        EditPainter painter = new();
        ScreenSimulator screen = new();
        screen.Send("before\r\n");
        for (int i = 0; i < 2000; i++)
        {
            EditCommand command = random.Next(2) == 0 ? EditCommand.Insert : commands[random.Next(commands.Length)];
            editor.Handle(new EditInput(command, command == EditCommand.Insert ? texts[random.Next(texts.Length)] : ""));
            if (editor.Text.Length > 200)
            {
                editor.Handle(new EditInput(EditCommand.Home));
                editor.Handle(new EditInput(EditCommand.DeleteToEnd));
            }

            EditView view = EditView.Of("> ", "  ", editor.Text, editor.Cursor, columns: 20, height: 8);
            screen.Send(painter.Paint(view, columns: 20));
            Assert.Equal(["before", .. Trimmed(view.Rows)], screen.Rows);
            Assert.Equal((view.CursorRow + 1, view.CursorColumn), (screen.Row, screen.Column));
        }

        int rows = screen.Rows.Count;
        screen.Send(painter.Finish() + "after");
        Assert.Equal("after", screen.Rows[^1]);
        Assert.True(screen.Rows.Count > rows);
    }

    private static List<string> Trimmed(IEnumerable<string> rows)
    {
        List<string> trimmed = [.. rows.Select(r => r.TrimEnd())];
        while (trimmed.Count > 0 && trimmed[^1].Length == 0)
        {
            trimmed.RemoveAt(trimmed.Count - 1);
        }

        return trimmed;
    }
}
