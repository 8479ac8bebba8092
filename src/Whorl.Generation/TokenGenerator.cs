using System.Runtime.CompilerServices;

namespace Whorl.Generation;

/// <summary>The plain decode loop: one token a step, over any model, local or remote.</summary>
/// <param name="session">The session; tokens already committed stay.</param>
/// <param name="sampler">Chooses.</param>
/// <param name="vocabularySize">Number of logits.</param>
public sealed class TokenGenerator(ICausalSession session, Sampler sampler, int vocabularySize)
{
    /// <summary>Tokens of a prompt that are computed at a time; bounds memory, changes no bytes.</summary>
    public const int ChunkSize = 512;

    private readonly CausalStep _step = new();
    private readonly float[] _logits = new float[vocabularySize];
    private readonly int[] _last = new int[1];

    /// <summary>The logits at hand, <c>[vocabulary]</c>.</summary>
    public ReadOnlyMemory<float> Logits => _logits;

    /// <summary>Commits a prompt and gets the logits behind it.</summary>
    /// <param name="prompt">Ids, at least one.</param>
    /// <param name="progress">Told the number of tokens computed so far.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    public async ValueTask PrefillAsync(ReadOnlyMemory<int> prompt, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Length, nameof(prompt));
        sampler.Observe(prompt.Span);
        for (int at = 0; at < prompt.Length; at += ChunkSize)
        {
            _step.Ids = prompt.Slice(at, Math.Min(ChunkSize, prompt.Length - at));
            _step.Logits = at + ChunkSize >= prompt.Length ? _logits : default;
            await session.StepAsync(_step, cancellationToken);
            progress?.Report(at + _step.Ids.Length);
        }
    }

    /// <summary>Chooses the next token from the logits at hand.</summary>
    public int Choose() => sampler.Next(_logits, session.Committed);

    /// <summary>Commits a token and gets the logits behind it.</summary>
    public ValueTask AdvanceAsync(int id, CancellationToken cancellationToken)
    {
        _last[0] = id;
        (_step.Ids, _step.Logits) = (_last, _logits);
        return session.StepAsync(_step, cancellationToken);
    }

    /// <summary>Writes tokens until something ends the text; an end token ends it and is not given out.</summary>
    /// <param name="options">What ends it. Stop strings are the caller's: see <see cref="StopStringFilter"/>.</param>
    /// <param name="maxLength">Tokens the session holds.</param>
    /// <param name="stopped">Told why it ended.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    public async IAsyncEnumerable<int> GenerateAsync(
        GenerationOptions options, int maxLength, Action<StopReason> stopped, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int written = 0; ; written++)
        {
            if (written == options.MaxTokens)
            {
                stopped(StopReason.MaxTokens);
                yield break;
            }

            int id = Choose();
            if (options.EndTokens.Contains(id))
            {
                stopped(StopReason.EndToken);
                yield break;
            }

            yield return id;
            if (written + 1 == options.MaxTokens)
            {
                continue;
            }

            if (session.Committed == maxLength)
            {
                stopped(StopReason.ContextFull);
                yield break;
            }

            await AdvanceAsync(id, cancellationToken);
        }
    }
}
