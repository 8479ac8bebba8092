using Whorl.Generation;
using Whorl.Generation.Speculation;

namespace Whorl;

/// <summary>Writes texts with a model, keeping its session from one to the next.</summary>
/// <param name="model">The model.</param>
/// <param name="text">Its side that deals with text.</param>
/// <param name="options">How texts are written.</param>
/// <param name="session">The session, which is closed with this; null for one of its own.</param>
internal sealed class TextWriterSession(ICausalModel model, ModelText text, TextOptions options, TextSession? session = null) : IAsyncDisposable
{
    private readonly TextSession _session = session ?? new TextSession(model);
    private readonly TextOptions _options = options.WithSeed();

    /// <summary>Told how far a prompt is read; null where nobody looks.</summary>
    public IProgress<PromptReading>? Reading { get; init; }

    /// <summary>Told of a session that is lost, in whose stead another one is begun; null where a text ends with the first of them.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Keeps the text in a file while it is written; null where nobody does.</summary>
    public TextSaver? Saver { get; init; }

    /// <summary>Guesses ahead; not closed with this. Null where nobody does.</summary>
    public Speculator? Speculator { get; init; }

    /// <summary>What a text that was stopped, or broke off, had come to; null where none did.</summary>
    public TextResult? Unfinished { get; private set; }

    /// <summary>Continues a prompt.</summary>
    /// <param name="prompt">All ids of the text so far; what the session already holds of them is not computed again.</param>
    /// <param name="maxLength">Tokens the session is to hold.</param>
    /// <param name="show">Gets the text as it comes.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    public async Task<TextResult> WriteAsync(int[] prompt, int maxLength, Action<string> show, CancellationToken cancellationToken)
    {
        if (prompt.Length > maxLength)
        {
            throw new ContextFullException("the prompt", prompt.Length, maxLength);
        }

        TextTurn turn = new(text, _options.Resolve(text), model.VocabularySize, prompt) { Reading = Reading, Saver = Saver, Speculator = Speculator };
        return await WriteAsync(turn, maxLength, show, cancellationToken);
    }

    /// <summary>Goes on with a text that another process has begun; what there is of it is shown first.</summary>
    /// <param name="saved">The text, of this model.</param>
    /// <param name="show">Gets the text as it comes.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    public async Task<TextResult> ResumeAsync(SavedText saved, Action<string> show, CancellationToken cancellationToken)
    {
        TextTurn turn = new(text, saved.Options, model.VocabularySize, [.. saved.Prompt]) { Reading = Reading, Saver = Saver, Speculator = Speculator };
        turn.Restore(saved, show);
        if (saved.StopReason == StopReason.None)
        {
            return await WriteAsync(turn, saved.MaxLength, show, cancellationToken);
        }

        turn.Flush(show);
        return Result(turn);
    }

    private async Task<TextResult> WriteAsync(TextTurn turn, int maxLength, Action<string> show, CancellationToken cancellationToken)
    {
        Unfinished = null;
        try
        {
            if (Saver is { } saver)
            {
                saver.MaxLength = maxLength;
                await saver.SaveAsync(turn, cancellationToken); // that it cannot be written is told before anything is computed
            }

            await (Notice is null
                ? turn.RunAsync(_session, maxLength, show, CancellationToken.None, cancellationToken)
                : turn.RunThroughLossAsync(_session, maxLength, show, Notice, cancellationToken, cancellationToken));
        }
        catch
        {
            // The session is lost, and with it the number of its steps: all tokens but the first and the last took one each.
            Unfinished = Result(turn) with { DecodeSteps = Math.Max(turn.Ids.Count - 1, 0) };
            throw;
        }
        finally
        {
            await (Saver?.SaveAsync(turn, CancellationToken.None) ?? Task.CompletedTask);
        }

        turn.Flush(show);
        return Result(turn);
    }

    private TextResult Result(TextTurn turn) => TextResult.Of(turn, _session);

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
