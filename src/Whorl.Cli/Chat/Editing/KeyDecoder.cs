using System.Text;

namespace Whorl.Cli.Chat.Editing;

/// <summary>
/// From keys to what they ask of the editor. Escape sequences that the console does not know come in as single characters and are put together
/// here: pasted text stands between <c>ESC [ 200 ~</c> and <c>ESC [ 201 ~</c> and comes out as one, whatever keys it holds; other sequences
/// are passed over.
/// </summary>
/// <remarks>Source of the sequences: XTerm Control Sequences, "Bracketed Paste Mode".</remarks>
internal sealed class KeyDecoder
{
    private const char EscapeCharacter = '\e';
    private const string PasteBegins = "\e[200~";
    private const string PasteEnds = "\e[201~";
    private const int LongestSequence = 32;

    private readonly StringBuilder _sequence = new();
    private readonly StringBuilder _surrogate = new();
    private StringBuilder? _paste;

    /// <summary>What a key asks for; often nothing yet, and sometimes more than one thing.</summary>
    public IEnumerable<EditInput> Decode(KeyPress press)
    {
        if (_paste is not null)
        {
            return Paste(press.Info);
        }

        if (_sequence.Length > 0)
        {
            return Sequence(press);
        }

        ConsoleKeyInfo key = press.Info;
        if (key.Key == ConsoleKey.Escape || key.KeyChar == EscapeCharacter || (key.KeyChar == '[' && key.Modifiers == ConsoleModifiers.Alt))
        {
            _sequence.Append(Characters(key)); // or the key itself, which the next one tells
            return [];
        }

        return Plain(press);
    }

    private IEnumerable<EditInput> Paste(ConsoleKeyInfo key)
    {
        _paste!.Append(Characters(key));
        int content = _paste.Length - PasteEnds.Length;
        if (_paste[^1] != PasteEnds[^1] || content < 0 || _paste.ToString(content, PasteEnds.Length) != PasteEnds)
        {
            return [];
        }

        string text = _paste.ToString(0, content);
        _paste = null;
        return [new EditInput(EditCommand.Insert, text)];
    }

    private IEnumerable<EditInput> Sequence(KeyPress press)
    {
        string characters = Characters(press.Info);
        if (_sequence.Length == 1 && characters != "[")
        {
            _sequence.Clear();
            return [new EditInput(EditCommand.Escape), .. Decode(press)];
        }

        _sequence.Append(characters);
        if (_sequence.Length > 2 && characters is [>= '@' and <= '~', ..] || characters.Length == 0 || _sequence.Length > LongestSequence)
        {
            _paste = _sequence.ToString() == PasteBegins ? new StringBuilder() : null;
            _sequence.Clear();
        }

        return [];
    }

    private IEnumerable<EditInput> Plain(KeyPress press)
    {
        ConsoleKeyInfo key = press.Info;
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control), alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        EditCommand? command = key.Key switch
        {
            ConsoleKey.Enter => alt || press.MoreWaits || key.KeyChar == '\n' ? EditCommand.NewLine : EditCommand.Enter,
            ConsoleKey.Backspace => control || alt ? EditCommand.DeleteWordLeft : EditCommand.Backspace,
            ConsoleKey.Delete => control || alt ? EditCommand.DeleteWordRight : EditCommand.Delete,
            ConsoleKey.LeftArrow => control || alt ? EditCommand.WordLeft : EditCommand.Left,
            ConsoleKey.RightArrow => control || alt ? EditCommand.WordRight : EditCommand.Right,
            ConsoleKey.UpArrow => EditCommand.Up,
            ConsoleKey.DownArrow => EditCommand.Down,
            ConsoleKey.Home => EditCommand.Home,
            ConsoleKey.End => EditCommand.End,
            ConsoleKey.Tab when !control && !alt => EditCommand.Complete,
            _ when control && !alt => Control(key),
            _ when alt && !control => Alt(key.Key),
            _ => null,
        };
        if (command is { } known)
        {
            return [new EditInput(known)];
        }

        return key.KeyChar >= ' ' && key.KeyChar != '\x7f' && control == alt // both: AltGr
            ? Character(key.KeyChar)
            : [];
    }

    /// <summary>A character; the halves of one outside the basic plane come one by one.</summary>
    private IEnumerable<EditInput> Character(char character)
    {
        _surrogate.Append(character);
        if (char.IsHighSurrogate(character))
        {
            return [];
        }

        string text = _surrogate.ToString();
        _surrogate.Clear();
        return [new EditInput(EditCommand.Insert, text)];
    }

    private static EditCommand? Control(ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.A => EditCommand.Home,
        ConsoleKey.B => EditCommand.Left,
        ConsoleKey.C => EditCommand.Interrupt,
        ConsoleKey.D => EditCommand.EndOfInput,
        ConsoleKey.E => EditCommand.End,
        ConsoleKey.F => EditCommand.Right,
        ConsoleKey.G => EditCommand.Escape,
        ConsoleKey.H => EditCommand.Backspace,
        ConsoleKey.J => EditCommand.NewLine,
        ConsoleKey.K => EditCommand.DeleteToEnd,
        ConsoleKey.L => EditCommand.ClearScreen,
        ConsoleKey.M => EditCommand.Enter,
        ConsoleKey.N => EditCommand.Down,
        ConsoleKey.P => EditCommand.Up,
        ConsoleKey.R => EditCommand.Search,
        ConsoleKey.U => EditCommand.DeleteToStart,
        ConsoleKey.W => EditCommand.DeleteWordLeft,
        ConsoleKey.Y => EditCommand.Yank,
        _ => null,
    };

    private static EditCommand? Alt(ConsoleKey key) => key switch
    {
        ConsoleKey.B => EditCommand.WordLeft,
        ConsoleKey.F => EditCommand.WordRight,
        ConsoleKey.D => EditCommand.DeleteWordRight,
        _ => null,
    };

    /// <summary>What the terminal sent, as far as it is known.</summary>
    private static string Characters(ConsoleKeyInfo key) =>
        (key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? "\e" : "")
        + (key.Key == ConsoleKey.Escape ? "\e" : key.KeyChar == '\0' ? "" : key.KeyChar.ToString());
}
