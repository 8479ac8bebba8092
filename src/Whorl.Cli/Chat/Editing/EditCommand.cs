namespace Whorl.Cli.Chat.Editing;

/// <summary>What a key asks of the editor.</summary>
internal enum EditCommand
{
    /// <summary>Put text where the cursor is.</summary>
    Insert,

    /// <summary>Send the text.</summary>
    Enter,

    /// <summary>Go one line on, without sending.</summary>
    NewLine,

    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    Backspace,
    Delete,
    DeleteWordLeft,
    DeleteWordRight,
    DeleteToStart,
    DeleteToEnd,

    /// <summary>Put back what was deleted last by word or to an end of the line.</summary>
    Yank,

    /// <summary>Delete, or end the input where there is nothing.</summary>
    EndOfInput,

    ClearScreen,

    /// <summary>Look for earlier messages.</summary>
    Search,

    /// <summary>Complete a command's name.</summary>
    Complete,

    /// <summary>Leave a search.</summary>
    Escape,

    Interrupt,
}
