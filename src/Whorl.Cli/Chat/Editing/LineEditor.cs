using System.Text;

namespace Whorl.Cli.Chat.Editing;

/// <summary>
/// A message in the making: what keys do to it, with the messages sent before and a search among them. It knows no terminal:
/// <see cref="EditView"/> says what is to be seen of it.
/// </summary>
/// <param name="history">What was sent before.</param>
/// <param name="complete">The words that may stand where a text stands that begins with a slash.</param>
internal sealed class LineEditor(InputHistory history, Func<string, IReadOnlyList<string>> complete)
{
    private readonly TextBuffer _buffer = new();
    private readonly StringBuilder _query = new();
    private int _place = history.Entries.Count;
    private string _draft = "";
    private bool _searches;

    /// <summary>The text.</summary>
    public string Text => _buffer.Text;

    /// <summary>Index of the character behind the cursor.</summary>
    public int Cursor => _buffer.Cursor;

    /// <summary>Whether something did not fit.</summary>
    public bool IsCut => _buffer.IsCut;

    /// <summary>What is looked for among earlier messages; null where nothing is.</summary>
    public string? Query => _searches ? _query.ToString() : null;

    /// <summary>Does what a key asks for.</summary>
    public EditOutcome Handle(EditInput input)
    {
        if (_searches && Search(input))
        {
            return EditOutcome.Editing;
        }

        switch (input.Command)
        {
            case EditCommand.Enter when QuotedText.IsOpen(Text):
                _buffer.Insert("\n");
                return EditOutcome.Editing;
            case EditCommand.Enter:
                return EditOutcome.Submitted;
            case EditCommand.Interrupt:
                return EditOutcome.Interrupted;
            case EditCommand.EndOfInput when Text.Length == 0:
                return EditOutcome.EndOfInput;
            case EditCommand.ClearScreen:
                return EditOutcome.ClearScreen;
            default:
                Edit(input);
                return EditOutcome.Editing;
        }
    }

    private void Edit(EditInput input)
    {
        switch (input.Command)
        {
            case EditCommand.Insert: _buffer.Insert(input.Text); break;
            case EditCommand.NewLine: _buffer.Insert("\n"); break;
            case EditCommand.Left: _buffer.Left(); break;
            case EditCommand.Right: _buffer.Right(); break;
            case EditCommand.WordLeft: _buffer.WordLeft(); break;
            case EditCommand.WordRight: _buffer.WordRight(); break;
            case EditCommand.Home: _buffer.Home(); break;
            case EditCommand.End: _buffer.End(); break;
            case EditCommand.Up: Up(); break;
            case EditCommand.Down: Down(); break;
            case EditCommand.Backspace: _buffer.Backspace(); break;
            case EditCommand.Delete or EditCommand.EndOfInput: _buffer.Delete(); break;
            case EditCommand.DeleteWordLeft: _buffer.DeleteWordLeft(); break;
            case EditCommand.DeleteWordRight: _buffer.DeleteWordRight(); break;
            case EditCommand.DeleteToStart: _buffer.DeleteToStart(); break;
            case EditCommand.DeleteToEnd: _buffer.DeleteToEnd(); break;
            case EditCommand.Yank: _buffer.Yank(); break;
            case EditCommand.Complete: Complete(); break;
            case EditCommand.Search: StartSearch(); break;
        }
    }

    private void Up()
    {
        if (!_buffer.Up())
        {
            Recall(_place - 1);
        }
    }

    private void Down()
    {
        if (!_buffer.Down())
        {
            Recall(_place + 1);
        }
    }

    /// <summary>Shows an earlier message, or behind them all what was being written.</summary>
    private void Recall(int place)
    {
        IReadOnlyList<string> entries = history.Entries;
        if (place < 0 || place > entries.Count)
        {
            return;
        }

        _draft = _place == entries.Count ? Text : _draft;
        _place = place;
        _buffer.Set(place == entries.Count ? _draft : entries[place]);
    }

    private void Complete()
    {
        if (!Text.StartsWith('/') || Cursor != Text.Length)
        {
            _buffer.Insert("\t");
            return;
        }

        IReadOnlyList<string> words = complete(Text);
        if (words.Count > 0)
        {
            string common = words.Aggregate((a, b) => a[..a.AsSpan().CommonPrefixLength(b)]);
            _buffer.Insert((common + (words.Count == 1 ? " " : ""))[Text.Length..]);
        }
    }

    private void StartSearch()
    {
        _draft = _place == history.Entries.Count ? Text : _draft;
        _place = history.Entries.Count;
        _query.Clear();
        _searches = true;
    }

    /// <returns>Whether the key was one of the search; any other ends it and keeps what was found.</returns>
    private bool Search(EditInput input)
    {
        switch (input.Command)
        {
            case EditCommand.Insert:
                _query.Append(input.Text);
                Find(Math.Min(_place, history.Entries.Count - 1));
                return true;
            case EditCommand.Backspace:
                _query.Length = TextWidth.Previous(_query.ToString(), _query.Length);
                Find(history.Entries.Count - 1);
                return true;
            case EditCommand.Search:
                Find(_place - 1);
                return true;
            case EditCommand.Escape or EditCommand.Interrupt:
                _searches = false;
                _place = history.Entries.Count;
                _buffer.Set(_draft);
                return true;
            default:
                _searches = false;
                return false;
        }
    }

    private void Find(int from)
    {
        for (int place = from; _query.Length > 0 && place >= 0; place--)
        {
            if (history.Entries[place].Contains(_query.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                _place = place;
                _buffer.Set(history.Entries[place]);
                return;
            }
        }
    }
}
