using Whorl.Generation;

namespace Whorl;

/// <summary>Writes texts with a model, keeping its session from one to the next.</summary>
internal sealed class TextWriterSession(ICausalModel model, ModelText text, TextOptions options) : IAsyncDisposable
{
    private readonly TextSession _session = new(model);
    private readonly TextOptions _options = options.WithSeed();

    /// <summary>Told how many tokens of a prompt are computed; null where nobody looks.</summary>
    public IProgress<int>? Progress { get; init; }

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
            throw new WhorlException(
                $"the prompt has {prompt.Length} tokens, and the context holds {maxLength}; shorten it, or raise the context");
        }

        TextTurn turn = new(text, _options.Resolve(text), model.VocabularySize, prompt) { Progress = Progress };
        Unfinished = null;
        try
        {
            await turn.RunAsync(_session, maxLength, show, CancellationToken.None, cancellationToken);
        }
        catch
        {
            // The session is lost, and with it the number of its steps: all tokens but the first and the last took one each.
            Unfinished = Result(turn) with { DecodeSteps = Math.Max(turn.Ids.Count - 1, 0) };
            throw;
        }

        turn.Flush(show);
        return Result(turn);
    }

    private TextResult Result(TextTurn turn) => new()
    {
        PromptIds = turn.Prompt,
        Ids = turn.Ids,
        Text = turn.Text,
        StopReason = turn.StopReason,
        Seed = _options.Seed!.Value,
        Prefill = turn.Prefill.Time,
        Decode = turn.Decode.Time,
        DecodeSteps = turn.Decode.Tokens,
        Holders = _session.Holders,
    };

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
