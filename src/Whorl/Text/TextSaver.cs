namespace Whorl;

/// <summary>Keeps a text in a file while it is written: at its beginning and its end, and every second between.</summary>
/// <param name="path">The file.</param>
/// <param name="model">The model's fingerprint, and how it is computed.</param>
/// <param name="time">The clock.</param>
internal sealed class TextSaver(string path, string model, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private long? _saved;

    /// <summary>The most tokens that the text's session is to hold.</summary>
    public int MaxLength { get; set; }

    /// <summary>A token was written.</summary>
    public ValueTask NoteAsync(TextTurn turn, CancellationToken cancellationToken) =>
        _saved is { } last && time.GetElapsedTime(last) < Period
            ? ValueTask.CompletedTask
            : new ValueTask(SaveAsync(turn, cancellationToken));

    /// <summary>Saves what there is.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task SaveAsync(TextTurn turn, CancellationToken cancellationToken)
    {
        await new SavedText(model, turn.Prompt, turn.Ids, turn.Options, MaxLength, turn.StopReason).SaveAsync(path, cancellationToken);
        _saved = time.GetTimestamp();
    }
}
