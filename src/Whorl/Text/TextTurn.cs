using System.Text;
using Whorl.Client;
using Whorl.Generation;
using Whorl.Generation.Speculation;
using Whorl.P2P;
using Whorl.Tokenizers;

namespace Whorl;

/// <summary>
/// A text in the making. Where it is stopped, comes to a limit, or loses its session, it can be gone on with: the bytes are those of a text that
/// was written without a break, as a token depends on the tokens before it, the seed and its position alone.
/// </summary>
internal sealed class TextTurn
{
    private readonly Sampler _sampler;
    private readonly int _vocabularySize;
    private readonly Tokenizer? _tokenizer;
    private readonly StreamingDecoder? _decoder;
    private readonly StopStringFilter _filter;
    private readonly StringBuilder _text = new();
    private readonly List<int> _ids = [];

    /// <param name="text">The model's side that deals with text.</param>
    /// <param name="options">How tokens are chosen, and what ends the text.</param>
    /// <param name="vocabularySize">Number of logits.</param>
    /// <param name="prompt">All ids before the text, at least one.</param>
    public TextTurn(ModelText text, GenerationOptions options, int vocabularySize, int[] prompt)
    {
        (Options, Prompt, _vocabularySize) = (options, prompt, vocabularySize);
        _sampler = new Sampler(options.Sampling, vocabularySize);
        _tokenizer = text.Tokenizer;
        _decoder = text.Tokenizer?.StartDecoding(skipSpecialTokens: true);
        _filter = new StopStringFilter(options.StopStrings);
    }

    /// <summary>How tokens are chosen, and what ends the text. <see cref="GenerationOptions.MaxTokens"/> counts from the text's beginning.</summary>
    public GenerationOptions Options { get; set; }

    /// <summary>All ids before the text. Others may be put in their place between two runs: the text then goes on behind those.</summary>
    public int[] Prompt { get; set; }

    /// <summary>Told how far what stands before the text is read; null where nobody looks.</summary>
    public IProgress<PromptReading>? Reading { get; init; }

    /// <summary>Keeps the text in a file while it is written; null where nobody does.</summary>
    public TextSaver? Saver { get; init; }

    /// <summary>Guesses ahead; null where nobody does.</summary>
    public Speculator? Speculator { get; init; }

    /// <summary>What was written so far.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>What was shown so far; null for a model without a tokenizer.</summary>
    public string? Text => _decoder is null ? null : _text.ToString();

    /// <summary>Why the last run ended; <see cref="StopReason.None"/> where it was stopped or failed.</summary>
    public StopReason StopReason { get; private set; }

    /// <summary>Tokens of the prompt that were computed, in all runs together, and the time it took.</summary>
    public (int Tokens, TimeSpan Time) Prefill { get; private set; }

    /// <summary>How often its session had recovered before the text began; null before it did.</summary>
    public int? RecoveredBefore { get; private set; }

    /// <summary>Tokens computed one by one, in all runs together, and the time it took.</summary>
    public (int Tokens, TimeSpan Time) Decode { get; private set; }

    /// <summary>
    /// Writes until something ends the text. A session replaces by itself what it loses, and waits for it; where it could not, as where there was
    /// no room for what that needs, the text is begun anew in another session: once for a token.
    /// </summary>
    /// <param name="session">What it holds of the text is not computed again.</param>
    /// <param name="maxLength">The most tokens that the session is to hold.</param>
    /// <param name="show">Gets the text as it comes.</param>
    /// <param name="notice">Told of each time.</param>
    /// <param name="stop">Ends the run softly, between two steps: the session is as good as before.</param>
    /// <param name="cancellationToken">Ends the run at once; the session is lost.</param>
    public async Task RunThroughLossAsync(
        TextSession session,
        int maxLength,
        Action<string> show,
        Action<string>? notice,
        CancellationToken stop,
        CancellationToken cancellationToken)
    {
        for (int lostAt = -1; ;)
        {
            try
            {
                await RunAsync(session, maxLength, show, stop, cancellationToken);
                return;
            }
            catch (Exception e) when (IsOfServer(e) && _ids.Count > lostAt && !stop.IsCancellationRequested)
            {
                lostAt = _ids.Count;
                notice?.Invoke($"{PeerText.Clean(e.Message)}; looking for another way");
            }
        }
    }

    /// <summary>Writes until something ends the text.</summary>
    /// <param name="session">What it holds of the text is not computed again.</param>
    /// <param name="maxLength">The most tokens that the session is to hold.</param>
    /// <param name="show">Gets the text as it comes.</param>
    /// <param name="stop">Ends the run softly, between two steps: the session is as good as before.</param>
    /// <param name="cancellationToken">Ends the run at once; the session is lost.</param>
    public async Task RunAsync(
        TextSession session, int maxLength, Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        RecoveredBefore ??= session.Recoveries.Count;
        StopReason = StopReason.None;
        TimeProvider time = TimeProvider.System;
        TokenGenerator generator = new(session, _sampler, _vocabularySize);
        long start = time.GetTimestamp();
        int[] all = [.. Prompt, .. _ids];
        int held = await session.BeginAsync(all, maxLength, Speculator?.MaxScratch ?? 0, cancellationToken);
        _sampler.Observe(all.AsSpan(0, held));
        Reading?.Report(new PromptReading(held, all.Length));
        for (int at = held; at < all.Length; at += TokenGenerator.ChunkSize)
        {
            if (stop.IsCancellationRequested)
            {
                return;
            }

            int rows = Math.Min(TokenGenerator.ChunkSize, all.Length - at);
            await generator.PrefillAsync(all.AsMemory(at, rows), null, cancellationToken);
            Prefill = (Prefill.Tokens + rows, Prefill.Time);
            Reading?.Report(new PromptReading(at + rows, all.Length));
        }

        Prefill = (Prefill.Tokens, Prefill.Time + time.GetElapsedTime(start));
        start = time.GetTimestamp();
        try
        {
            await GenerateAsync(session, generator, maxLength, show, stop, cancellationToken);
        }
        finally
        {
            Decode = (Decode.Tokens + Math.Max(session.Committed - all.Length, 0), Decode.Time + time.GetElapsedTime(start));
        }
    }

    /// <summary>Takes up a text that another process has begun.</summary>
    /// <param name="saved">What there is of it.</param>
    /// <param name="show">Gets it.</param>
    public void Restore(SavedText saved, Action<string> show)
    {
        _sampler.Resume([.. saved.Ids]);
        foreach (int id in saved.Ids)
        {
            Add(id, show);
        }

        StopReason = saved.StopReason;
    }

    /// <summary>Shows what was held back because more could have come, once it is known that nothing will.</summary>
    public void Flush(Action<string> show) => Show(_decoder is null ? "" : _filter.Append(_decoder.Flush()) + _filter.Flush(), show);

    /// <summary>Whether another session may do better: not where nobody came for whom this one had waited.</summary>
    private static bool IsOfServer(Exception exception) =>
        exception is not SessionLostException { InnerException: NoRouteException }
        && exception is IOException or TimeoutException or FormatException or SpanRefusedException { IsTransient: true };

    private async Task GenerateAsync(
        TextSession session, TokenGenerator generator, int maxLength, Action<string> show, CancellationToken stop, CancellationToken cancellationToken)
    {
        GenerationOptions left = Options with { MaxTokens = Math.Max(Options.MaxTokens - _ids.Count, 0) };
        StopReason reason = StopReason.None;
        IAsyncEnumerable<int> tokens = Speculator is null
            ? generator.GenerateAsync(left, maxLength, r => reason = r, cancellationToken)
            : new SpeculativeGenerator(session, _sampler, _vocabularySize, Speculator, TimeProvider.System)
                .GenerateAsync([.. Prompt, .. _ids], generator.Logits, left, maxLength, r => reason = r, cancellationToken);
        await foreach (int id in tokens)
        {
            Add(id, show);
            await (Saver?.NoteAsync(this, cancellationToken) ?? ValueTask.CompletedTask);
            if (_filter.Stopped)
            {
                reason = StopReason.StopString;
                break;
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }
        }

        StopReason = reason;
    }

    private void Add(int id, Action<string> show)
    {
        _ids.Add(id);
        Show(_decoder is null ? "" : _filter.Append(_decoder.Append(id)), show);
        Show(_tokenizer?.HiddenText(id) is { } hidden ? _filter.Append(hidden, isHidden: true) : "", show);
    }

    private void Show(string piece, Action<string> show)
    {
        if (piece.Length > 0)
        {
            _text.Append(piece);
            show(piece);
        }
    }
}
