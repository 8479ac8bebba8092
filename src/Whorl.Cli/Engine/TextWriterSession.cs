using System.Text;
using Whorl.Client;
using Whorl.Generation;
using Whorl.Tokenizers;

namespace Whorl.Cli.Engine;

/// <summary>Writes texts with a model, keeping its session from one turn of a chat to the next.</summary>
internal sealed class TextWriterSession(LocalEngine engine, TextRequest request) : IAsyncDisposable
{
    private CausalSession? _session;
    private List<int> _committed = [];
    private int _maxLength;

    /// <summary>Continues a prompt.</summary>
    /// <param name="prompt">All ids of the text so far; what the session already holds of them is not computed again.</param>
    /// <param name="maxLength">Tokens the session is to hold.</param>
    /// <param name="show">Gets the text as it comes.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    public async Task<TextResult> WriteAsync(int[] prompt, int maxLength, Action<string> show, CancellationToken cancellationToken)
    {
        if (prompt.Length > maxLength)
        {
            throw new CliException(
                $"the prompt has {prompt.Length} tokens, and the context holds {maxLength}; shorten it, or raise --context");
        }

        TimeProvider time = TimeProvider.System;
        GenerationOptions options = request.Resolve(engine.Text);
        CausalSession session = await SessionForAsync(prompt, maxLength, cancellationToken);
        Sampler sampler = new(options.Sampling, engine.Model.VocabularySize);
        sampler.Observe(prompt.AsSpan(0, _committed.Count));
        TokenGenerator generator = new(session, sampler, engine.Model.VocabularySize);
        long start = time.GetTimestamp();
        await generator.PrefillAsync(prompt.AsMemory(_committed.Count), null, cancellationToken);
        TimeSpan prefill = time.GetElapsedTime(start);

        start = time.GetTimestamp();
        List<int> ids = [];
        StringBuilder text = new();
        StreamingDecoder? decoder = engine.Text.Tokenizer?.StartDecoding(skipSpecialTokens: true);
        StopStringFilter filter = new(options.StopStrings);
        StopReason reason = StopReason.None;
        await foreach (int id in generator.GenerateAsync(options, _maxLength, r => reason = r, cancellationToken))
        {
            ids.Add(id);
            Show(decoder is null ? "" : filter.Append(decoder.Append(id)));
            if (filter.Stopped)
            {
                reason = StopReason.StopString;
                break;
            }
        }

        Show(decoder is null ? "" : filter.Append(decoder.Flush()) + filter.Flush());
        _committed = [.. prompt, .. ids.Take(session.Committed - prompt.Length)];
        return new TextResult
        {
            PromptIds = prompt,
            Ids = ids,
            Text = decoder is null ? null : text.ToString(),
            StopReason = reason,
            Prefill = prefill,
            Decode = time.GetElapsedTime(start),
            DecodeSteps = session.Committed - prompt.Length,
            Holders = session.Holders,
        };

        void Show(string piece)
        {
            if (piece.Length > 0)
            {
                text.Append(piece);
                show(piece);
            }
        }
    }

    public ValueTask DisposeAsync() => _session?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<CausalSession> SessionForAsync(int[] prompt, int maxLength, CancellationToken cancellationToken)
    {
        bool goesOn = _session is not null && _committed.Count < prompt.Length && prompt.AsSpan().StartsWith(_committed.ToArray());
        if (!goesOn)
        {
            await DisposeAsync();
            _committed = [];
            _maxLength = maxLength;
            _session = await engine.Model.OpenSessionAsync(maxLength, 0, cancellationToken);
        }

        return _session!;
    }
}
