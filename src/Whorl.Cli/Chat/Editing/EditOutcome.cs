namespace Whorl.Cli.Chat.Editing;

/// <summary>What came of a key.</summary>
internal enum EditOutcome
{
    /// <summary>The line is still being written.</summary>
    Editing,

    /// <summary>As <see cref="Editing"/>; the screen is to be cleared.</summary>
    ClearScreen,

    /// <summary>The text is done.</summary>
    Submitted,

    /// <summary>Ctrl-C; the text is gone.</summary>
    Interrupted,

    /// <summary>Ctrl-D where nothing was written.</summary>
    EndOfInput,
}
