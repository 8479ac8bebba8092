using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Tests.Chat;

/// <summary>What keys do to a message.</summary>
public sealed class LineEditorTests
{
    private readonly KeyDecoder _decoder = new();
    private readonly InputHistory _history = InputHistory.Load(file: null);
    private LineEditor _editor;

    public LineEditorTests() => _editor = new LineEditor(_history, Complete);

    [Fact]
    public void Text_is_edited_where_the_cursor_is()
    {
        Press(Keys.Text("hllo"), Keys.Of(ConsoleKey.Home), Keys.Of(ConsoleKey.RightArrow), Keys.Text("e"), Keys.Control('E'), Keys.Text("!"));
        Assert.Equal(("hello!", 6), (_editor.Text, _editor.Cursor));
        Press(Keys.Of(ConsoleKey.Backspace), Keys.Control('A'), Keys.Of(ConsoleKey.Delete));
        Assert.Equal(("ello", 0), (_editor.Text, _editor.Cursor));
        Press(Keys.Control('D'));
        Assert.Equal("llo", _editor.Text);
    }

    [Fact]
    public void Words_and_lines_are_passed_deleted_and_put_back()
    {
        Press(Keys.Text("one two, three"), Keys.Of(ConsoleKey.LeftArrow, control: true), Keys.Of(ConsoleKey.LeftArrow, alt: true));
        Assert.Equal(4, _editor.Cursor);
        Press(Keys.Of(ConsoleKey.F, 'f', alt: true));
        Assert.Equal(7, _editor.Cursor);
        Press(Keys.Control('W'));
        Assert.Equal("one , three", _editor.Text);
        Press(Keys.Control('K'));
        Assert.Equal("one ", _editor.Text);
        Press(Keys.Control('U'), Keys.Control('Y'), Keys.Control('Y'));
        Assert.Equal("one one ", _editor.Text);
    }

    [Theory]
    [InlineData("日本語")]
    [InlineData("e\u0301a\u0308o")]
    [InlineData("👨‍👩‍👧🇩🇪👍🏽")]
    public void An_element_is_passed_and_deleted_as_a_whole(string text)
    {
        Press(Keys.Text(text));
        Assert.Equal(text, _editor.Text);
        Press(Keys.Of(ConsoleKey.LeftArrow), Keys.Of(ConsoleKey.LeftArrow), Keys.Of(ConsoleKey.LeftArrow));
        Assert.Equal(0, _editor.Cursor);
        Press(Keys.Of(ConsoleKey.RightArrow), Keys.Of(ConsoleKey.Backspace), Keys.Of(ConsoleKey.Delete));
        Assert.Equal(text[^_editor.Text.Length..], _editor.Text);
        Press(Keys.Of(ConsoleKey.Delete));
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void An_accent_joins_the_letter_before_the_cursor()
    {
        Press(Keys.Text("ab"), Keys.Of(ConsoleKey.LeftArrow), Keys.Text("\u0301"));
        Assert.Equal(("a\u0301b", 2), (_editor.Text, _editor.Cursor));
    }

    [Fact]
    public void Pasted_lines_are_one_message_and_no_keys()
    {
        EditOutcome outcome = Press(Keys.Text("see: \e[200~one\rtwo\x03\x04\tthree\r\e[201~"));
        Assert.Equal((EditOutcome.Editing, "see: one\ntwo\tthree\n"), (outcome, _editor.Text));
        Assert.Equal(EditOutcome.Submitted, Press(Keys.Text("\r")));
    }

    [Fact]
    public void A_paste_whose_marks_come_in_halves_is_one_too()
    {
        Press(Keys.Of(ConsoleKey.None, '[', alt: true), Keys.Text("200~a\rb"), Keys.Of(ConsoleKey.None, '[', alt: true), Keys.Text("201~c"));
        Assert.Equal("a\nbc", _editor.Text);
    }

    [Theory]
    [InlineData("\e[1;9Zx")]
    [InlineData("\e[Ix")]
    [InlineData("\ex")]
    public void Sequences_that_are_not_known_leave_no_trace(string keys)
    {
        Press(Keys.Text(keys));
        Assert.Equal("x", _editor.Text);
    }

    [Fact]
    public void Where_pastes_are_not_told_Enter_with_more_behind_it_is_part_of_one()
    {
        KeyPress enter = Keys.Text("\r").Single();
        Assert.Equal(EditOutcome.Editing, Press(Keys.Text("a"), enter with { MoreWaits = true }, Keys.Text("b")));
        Assert.Equal(EditOutcome.Submitted, Press(enter));
        Assert.Equal("a\nb", _editor.Text);
    }

    [Fact]
    public void Three_quotes_hold_a_message_open_until_three_more()
    {
        Assert.Equal(EditOutcome.Editing, Press(Keys.Text("\"\"\"one\r\r")));
        Assert.Equal(EditOutcome.Submitted, Press(Keys.Text("two\"\"\"\r")));
        Assert.Equal("one\n\ntwo", QuotedText.Strip(_editor.Text));
    }

    [Fact]
    public void Alt_Enter_begins_a_line_and_the_arrows_move_between_lines()
    {
        Press(Keys.Text("long line"), Keys.Of(ConsoleKey.Enter, '\r', alt: true), Keys.Text("日本"), Keys.Of(ConsoleKey.UpArrow), Keys.Text("|"));
        Assert.Equal("long| line\n日本", _editor.Text);
        Press(Keys.Of(ConsoleKey.DownArrow), Keys.Text("|"));
        Assert.Equal("long| line\n日本|", _editor.Text);
    }

    [Fact]
    public void Earlier_messages_come_back_and_what_was_being_written_too()
    {
        Send("first", "second\nof two lines");
        Press(Keys.Text("draft"), Keys.Of(ConsoleKey.UpArrow));
        Assert.Equal("second\nof two lines", _editor.Text);
        Press(Keys.Of(ConsoleKey.UpArrow), Keys.Of(ConsoleKey.UpArrow), Keys.Of(ConsoleKey.UpArrow));
        Assert.Equal("first", _editor.Text);
        Press(Keys.Control('N'), Keys.Control('N'));
        Assert.Equal("draft", _editor.Text);
    }

    [Fact]
    public void A_search_finds_older_and_older_messages()
    {
        Send("Alpha one", "beta", "alpha two");
        Press(Keys.Text("draft"), Keys.Control('R'), Keys.Text("alpha"));
        Assert.Equal(("alpha two", "alpha"), (_editor.Text, _editor.Query));
        Press(Keys.Control('R'));
        Assert.Equal("Alpha one", _editor.Text);
        Press(Keys.Control('G'));
        Assert.Equal(("draft", null), (_editor.Text, _editor.Query));
        Assert.Equal(EditOutcome.Submitted, Press(Keys.Control('R'), Keys.Text("bet\r")));
        Assert.Equal("beta", _editor.Text);
    }

    [Fact]
    public void Tab_completes_a_command()
    {
        Press(Keys.Text("/sy\t"));
        Assert.Equal("/system ", _editor.Text);
        Press(Keys.Control('U'), Keys.Text("/s\t"));
        Assert.Equal("/s", _editor.Text);
        Press(Keys.Control('U'), Keys.Text("a\t"));
        Assert.Equal("a\t", _editor.Text);
    }

    [Fact]
    public void Ctrl_C_and_Ctrl_D_are_told()
    {
        Assert.Equal(EditOutcome.EndOfInput, Press(Keys.Control('D')));
        Assert.Equal(EditOutcome.Interrupted, Press(Keys.Text("x"), Keys.Control('C')));
        Assert.Equal(EditOutcome.ClearScreen, Press(Keys.Control('L')));
    }

    [Fact]
    public void What_does_not_fit_is_told()
    {
        Press(Keys.Text($"\e[200~{new string('x', TextBuffer.MaxLength)}\e[201~"));
        Assert.False(_editor.IsCut);
        Press(Keys.Text("y"));
        Assert.True(_editor.IsCut);
        Assert.Equal(TextBuffer.MaxLength, _editor.Text.Length);
    }

    private static IReadOnlyList<string> Complete(string text) =>
        [.. new[] { "/set", "/system", "/show" }.Where(c => c.StartsWith(text, StringComparison.Ordinal))];

    private void Send(params string[] messages)
    {
        foreach (string message in messages)
        {
            _history.Add(message);
        }

        _editor = new LineEditor(_history, Complete);
    }

    private EditOutcome Press(params object[] keys)
    {
        EditOutcome last = EditOutcome.Editing;
        foreach (KeyPress key in keys.SelectMany(k => k is KeyPress one ? [one] : (IEnumerable<KeyPress>)k))
        {
            foreach (EditInput input in _decoder.Decode(key))
            {
                last = _editor.Handle(input);
            }
        }

        return last;
    }
}
