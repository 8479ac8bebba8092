namespace Whorl.Cli.Chat;

/// <summary>Where messages come from.</summary>
internal interface IChatReader : IDisposable
{
    /// <summary>Called at Ctrl-C while nothing is read; null where nobody waits for it.</summary>
    Action? Interrupted { get; set; }

    /// <summary>Asks for a message.</summary>
    ValueTask<ChatInput> ReadAsync(CancellationToken cancellationToken);
}
