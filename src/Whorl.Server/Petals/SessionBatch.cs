using Whorl.Models;

namespace Whorl.Server.Petals;

/// <summary>Sequences of one length that are stepped together: a session for each.</summary>
/// <remarks>One step at a time. What each sequence computes does not depend on the others.</remarks>
internal sealed class SessionBatch : IAsyncDisposable
{
    /// <summary>Rows of one sequence computed at once; longer steps are cut, which changes no byte of the result.</summary>
    private const int MaxRowsAtOnce = 512;

    private readonly HostedSpan _span;
    private readonly HostedSession[] _sessions;
    private readonly BlockStep[] _steps;

    private SessionBatch(HostedSpan span, HostedSession[] sessions)
    {
        (_span, _sessions) = (span, sessions);
        _steps = [.. sessions.Select(_ => new BlockStep())];
    }

    /// <summary>Tokens that each sequence remembers.</summary>
    public int Length => _sessions[0].Cache.Committed;

    /// <summary>Sequences.</summary>
    public int Count => _sessions.Length;

    /// <summary>Bytes of cache memory that the sessions take.</summary>
    public long Bytes => _sessions.Sum(session => session.Cache.Bytes);

    /// <summary>What of <see cref="Bytes"/> is not for the tokens that were asked for: kept here for <see cref="CacheMemory"/>.</summary>
    public long SurplusBytes { get; set; }

    /// <summary>Opens the sessions.</summary>
    /// <exception cref="MemoryBudgetException">Not all find memory; none is open then.</exception>
    public static async ValueTask<SessionBatch> OpenAsync(HostedSpan span, BlockSessionOptions options, int batch)
    {
        List<HostedSession> sessions = [];
        try
        {
            while (sessions.Count < batch)
            {
                sessions.Add(span.Open(options));
            }

            return new SessionBatch(span, [.. sessions]);
        }
        catch
        {
            await DisposeAllAsync(sessions);
            throw;
        }
    }

    /// <summary>Forgets the tokens from a position on.</summary>
    public void Truncate(int length)
    {
        foreach (HostedSession session in _sessions)
        {
            session.Cache.Truncate(length);
        }
    }

    /// <summary>Lets each sequence go on from the memory of another, or its own: sequence i from that of <paramref name="from"/>[i].</summary>
    public void Reorder(ReadOnlySpan<int> from)
    {
        // The first sequence that wants a memory takes it as it is; who wants the same one gets a copy, in a memory that nobody wants.
        HostedSession[] old = [.. _sessions];
        bool[] taken = new bool[old.Length];
        foreach (int source in from)
        {
            taken[source] = true;
        }

        int unwanted = 0;
        bool[] given = new bool[old.Length];
        for (int i = 0; i < from.Length; i++)
        {
            int source = from[i];
            if (!given[source])
            {
                given[source] = true;
                _sessions[i] = old[source];
                continue;
            }

            while (taken[unwanted])
            {
                unwanted++;
            }

            _sessions[i] = old[unwanted++];
            _sessions[i].Cache.CopyFrom(old[source].Cache);
        }
    }

    /// <summary>Computes new tokens of all sequences.</summary>
    /// <param name="inputs">As many sequences as this batch has.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <returns>What leaves the last block, <c>[batch, rows, boundary]</c>.</returns>
    public async Task<float[]> StepAsync(StepInputs inputs, CancellationToken cancellationToken)
    {
        int width = _span.BoundarySize;
        float[] output = new float[inputs.Hidden.Length];
        float[][] prompts = inputs.HasPrompts ? SplitPrompts(inputs) : [];
        for (int at = 0; at < inputs.Rows;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int promptRows = at == 0 ? inputs.PromptRows : 0;
            int rows = Math.Min(inputs.Rows - at, Math.Max(MaxRowsAtOnce, promptRows)); // prompts are not cut
            for (int i = 0; i < Count; i++)
            {
                int start = ((i * inputs.Rows) + at) * width;
                BlockStep step = _steps[i];
                (step.Rows, step.Input, step.Output) = (rows, inputs.Hidden.AsMemory(start, rows * width), output.AsMemory(start, rows * width));
                (step.PromptRows, step.Prompts) = (promptRows, promptRows == 0 ? default : prompts[i % prompts.Length]);
            }

            await _span.StepAsync(_sessions, _steps);
            at += rows;
        }

        return output;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DisposeAllAsync(_sessions);

    /// <summary>From <c>[blocks, sequences, rows, width]</c> to <c>[blocks, rows, width]</c> for each sequence.</summary>
    private float[][] SplitPrompts(StepInputs inputs)
    {
        int blocks = _sessions[0].Cache.Range.Count, length = inputs.PromptRows * _span.BoundarySize, sequences = inputs.Prompts.Length / (blocks * length);
        float[][] split = [.. Enumerable.Range(0, sequences).Select(_ => new float[blocks * length])];
        for (int block = 0; block < blocks; block++)
        {
            for (int i = 0; i < sequences; i++)
            {
                inputs.Prompts.AsSpan(((block * sequences) + i) * length, length).CopyTo(split[i].AsSpan(block * length));
            }
        }

        return split;
    }

    private static async ValueTask DisposeAllAsync(IReadOnlyList<HostedSession> sessions)
    {
        foreach (HostedSession session in sessions)
        {
            await session.DisposeAsync();
        }
    }
}
