namespace Whorl.Cli.Chat.Editing;

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>The next key, or null where there will be no more.</summary>
    ValueTask<KeyPress?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>A key that is there already.</summary>
    bool TryRead(out KeyPress key);
}
