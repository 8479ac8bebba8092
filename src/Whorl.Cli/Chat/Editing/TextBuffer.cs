using System.Text;

namespace Whorl.Cli.Chat.Editing;

/// <summary>Text, and a cursor that stands between two of its elements.</summary>
internal sealed class TextBuffer
{
    /// <summary>The most characters that are taken.</summary>
    public const int MaxLength = 1 << 20;

    private string _deleted = "";

    /// <summary>The text; its lines end in LF.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Index of the character behind the cursor.</summary>
    public int Cursor { get; private set; }

    /// <summary>Whether something did not fit.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Puts a text in place of all, the cursor behind it.</summary>
    public void Set(string text) => (Text, Cursor, IsCut) = (text, text.Length, false);

    /// <summary>Puts text where the cursor is: ends of lines become LF, and characters that no message has are left out.</summary>
    public void Insert(string text)
    {
        string clean = Clean(text);
        if (clean.Length > MaxLength - Text.Length)
        {
            IsCut = true;
            clean = clean[..Math.Max(MaxLength - Text.Length, 0)];
            clean = clean is [.., var last] && char.IsHighSurrogate(last) ? clean[..^1] : clean;
        }

        if (clean.Length == 0)
        {
            return;
        }

        Text = Text.Insert(Cursor, clean);
        Cursor += clean.Length;
        Cursor = Cursor == Text.Length ? Cursor : TextWidth.Next(Text, TextWidth.Previous(Text, Cursor)); // it may have joined with what follows
    }

    public void Left() => Cursor = TextWidth.Previous(Text, Cursor);

    public void Right() => Cursor = TextWidth.Next(Text, Cursor);

    public void WordLeft() => Cursor = WordBefore();

    public void WordRight() => Cursor = WordBehind();

    /// <summary>To the beginning of the line.</summary>
    public void Home() => Cursor = LineStart(Cursor);

    /// <summary>To the end of the line.</summary>
    public void End() => Cursor = LineEnd(Cursor);

    /// <summary>To the line above, as far as possible in the same column.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Up()
    {
        int start = LineStart(Cursor);
        if (start == 0)
        {
            return false;
        }

        MoveTo(LineStart(start - 1), TextWidth.Of(Text[start..Cursor]));
        return true;
    }

    /// <summary>To the line below, as far as possible in the same column.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Down()
    {
        int end = LineEnd(Cursor);
        if (end == Text.Length)
        {
            return false;
        }

        MoveTo(end + 1, TextWidth.Of(Text[LineStart(Cursor)..Cursor]));
        return true;
    }

    public void Backspace() => Delete(TextWidth.Previous(Text, Cursor), Cursor);

    public void Delete() => Delete(Cursor, TextWidth.Next(Text, Cursor));

    public void DeleteWordLeft() => Cut(WordBefore(), Cursor);

    public void DeleteWordRight() => Cut(Cursor, WordBehind());

    /// <summary>What stands before the cursor in its line; at the line's beginning, the end of the line before.</summary>
    public void DeleteToStart()
    {
        int start = LineStart(Cursor);
        Cut(start == Cursor && start > 0 ? start - 1 : start, Cursor);
    }

    /// <summary>What stands behind the cursor in its line; at the line's end, the end itself.</summary>
    public void DeleteToEnd()
    {
        int end = LineEnd(Cursor);
        Cut(Cursor, end == Cursor && end < Text.Length ? end + 1 : end);
    }

    /// <summary>Puts back what was deleted last, but for single elements.</summary>
    public void Yank() => Insert(_deleted);

    private static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (char character in text.ReplaceLineEndings("\n"))
        {
            if (!char.IsControl(character) || character is '\n' or '\t')
            {
                clean.Append(character);
            }
        }

        return clean.ToString();
    }

    private int LineStart(int at) => at == 0 ? 0 : Text.LastIndexOf('\n', at - 1) + 1;

    private int LineEnd(int at) => Text.IndexOf('\n', at) is >= 0 and int end ? end : Text.Length;

    private void MoveTo(int start, int column)
    {
        Cursor = start;
        for (int width = 0; Cursor < LineEnd(start); Cursor = TextWidth.Next(Text, Cursor))
        {
            width += TextWidth.OfElement(Text[Cursor..TextWidth.Next(Text, Cursor)]);
            if (width > column)
            {
                return;
            }
        }
    }

    private int WordBefore()
    {
        int at = Cursor;
        while (at > 0 && !IsWord(TextWidth.Previous(Text, at)))
        {
            at = TextWidth.Previous(Text, at);
        }

        while (at > 0 && IsWord(TextWidth.Previous(Text, at)))
        {
            at = TextWidth.Previous(Text, at);
        }

        return at;
    }

    private int WordBehind()
    {
        int at = Cursor;
        while (at < Text.Length && !IsWord(at))
        {
            at = TextWidth.Next(Text, at);
        }

        while (at < Text.Length && IsWord(at))
        {
            at = TextWidth.Next(Text, at);
        }

        return at;
    }

    private bool IsWord(int at) => Rune.GetRuneAt(Text, at) is var rune && (Rune.IsLetterOrDigit(rune) || rune.Value == '_');

    private void Cut(int from, int to)
    {
        if (to > from)
        {
            _deleted = Text[from..to];
            Delete(from, to);
        }
    }

    private void Delete(int from, int to)
    {
        Text = Text.Remove(from, to - from);
        Cursor = from;
        IsCut = false;
    }
}
