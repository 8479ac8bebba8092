using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Chat;

/// <summary>Messages that are edited on a terminal.</summary>
internal sealed class EditingReader : IChatReader
{
    private const string Prompt = "> ";
    private const string NextPrompt = "  ";
    private const string PastesOn = "\e[?2004h"; // the terminal then tells where pasted text begins and ends
    private const string PastesOff = "\e[?2004l";

    private readonly ConsoleKeys? _console;
    private readonly IKeySource _keys;
    private readonly TextWriter _screen;
    private readonly Func<(int Columns, int Rows)> _size;
    private readonly InputHistory _history;
    private readonly Func<string, IReadOnlyList<string>> _complete;
    private readonly KeyDecoder _decoder = new();

    /// <param name="keys">The keys.</param>
    /// <param name="screen">The terminal.</param>
    /// <param name="size">Its size now.</param>
    /// <param name="history">What was sent before.</param>
    /// <param name="complete">See <see cref="LineEditor"/>.</param>
    public EditingReader(
        IKeySource keys,
        TextWriter screen,
        Func<(int Columns, int Rows)> size,
        InputHistory history,
        Func<string, IReadOnlyList<string>> complete)
    {
        (_keys, _screen, _size, _history, _complete) = (keys, screen, size, history, complete);
        _console = keys as ConsoleKeys;
        _screen.Write(PastesOn); // while an answer is written, too: what is pasted then is one message as well
    }

    /// <inheritdoc/>
    public Action? Interrupted
    {
        get => _console?.Interrupted;
        set
        {
            if (_console is not null)
            {
                _console.Interrupted = value;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ChatInput> ReadAsync(CancellationToken cancellationToken)
    {
        LineEditor editor = new(_history, _complete);
        EditPainter painter = new();
        try
        {
            Paint(editor, painter);
            while (await _keys.ReadAsync(cancellationToken) is { } key)
            {
                EditOutcome outcome = Handle(editor, painter, key);
                while (outcome == EditOutcome.Editing && _keys.TryRead(out key))
                {
                    outcome = Handle(editor, painter, key); // what is there already is drawn at once
                }

                Paint(editor, painter);
                if (outcome != EditOutcome.Editing)
                {
                    return End(editor, outcome);
                }
            }

            return new ChatInput(InputKind.End);
        }
        finally
        {
            _screen.Write(painter.Finish());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _screen.Write(PastesOff);
        _console?.Dispose();
    }

    private EditOutcome Handle(LineEditor editor, EditPainter painter, KeyPress key)
    {
        EditOutcome outcome = EditOutcome.Editing;
        foreach (EditInput input in _decoder.Decode(key))
        {
            outcome = editor.Handle(input);
            if (outcome == EditOutcome.ClearScreen)
            {
                _screen.Write(painter.Clear());
                outcome = EditOutcome.Editing;
            }
        }

        return outcome;
    }

    private ChatInput End(LineEditor editor, EditOutcome outcome)
    {
        if (outcome != EditOutcome.Submitted)
        {
            return new ChatInput(outcome == EditOutcome.Interrupted ? InputKind.Interrupt : InputKind.End);
        }

        if (!editor.IsCut)
        {
            _history.Add(editor.Text);
        }

        return new ChatInput(InputKind.Text, QuotedText.Strip(editor.Text), QuotedText.Begins(editor.Text), editor.IsCut);
    }

    private void Paint(LineEditor editor, EditPainter painter)
    {
        (int columns, int rows) = _size();
        string prompt = editor.Query is { } query ? $"(search '{query.ReplaceLineEndings(" ")}') " : Prompt;
        _screen.Write(painter.Paint(EditView.Of(prompt, NextPrompt, editor.Text, editor.Cursor, columns, Math.Max(rows - 1, 1)), columns));
    }
}
