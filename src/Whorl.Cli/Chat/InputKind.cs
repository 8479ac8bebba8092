namespace Whorl.Cli.Chat;

/// <summary>What somebody has done at the prompt.</summary>
internal enum InputKind
{
    /// <summary>Sent a text.</summary>
    Text,

    /// <summary>Pressed Ctrl-C; what was written is gone.</summary>
    Interrupt,

    /// <summary>Ended the input.</summary>
    End,
}
