namespace Whorl.Generation.Tests.Speculation;

/// <summary>A model without weights, each of whose logits depends on every token before it, with trees: a token that is computed behind the wrong text gives itself away.</summary>
internal sealed class HashSession(int vocabulary, int maxLength, int maxScratch) : ICausalSession
{
    private readonly List<int> _text = [];
    private readonly List<(int Id, int Parent)> _scratch = [];
    private readonly List<int> _last = []; // of the last step: scratch numbers, or -1 - positions
    private int[]? _kept;

    public int Committed => _text.Count + (_kept?.Length ?? 0);

    public ScratchShape Scratch { get; init; } = ScratchShape.Trees;

    public IReadOnlyList<int> Text => _text;

    public int Steps { get; private set; }

    public static float[] Logits(IReadOnlyList<int> text, int vocabulary)
    {
        ulong state = 14695981039346656037;
        foreach (int id in text.Skip(Math.Max(text.Count - 3, 0))) // three tokens back, so that texts repeat themselves now and then
        {
            state = (state ^ (uint)(id + 1)) * 1099511628211;
        }

        float[] logits = new float[vocabulary];
        Random random = new((int)(state >> 33));
        for (int id = 0; id < vocabulary; id++)
        {
            logits[id] = random.NextSingle() * 8;
        }

        return logits;
    }

    public ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken)
    {
        Steps++;
        if (_kept is not null)
        {
            foreach (int kept in _kept)
            {
                _text.Add(_scratch[kept].Id);
            }

            _scratch.Clear();
            _kept = null;
        }

        _last.Clear();
        for (int i = 0; i < step.Ids.Length; i++)
        {
            if (step.IsScratch)
            {
                int parent = step.Parents.Span[i];
                Assert.InRange(parent, -1, _scratch.Count - 1);
                Assert.True(Scratch == ScratchShape.Trees || parent == _scratch.Count - 1, "a chain was asked for");
                _last.Add(_scratch.Count);
                _scratch.Add((step.Ids.Span[i], parent));
                Assert.True(_scratch.Count <= maxScratch, "more scratch tokens than the session was opened for");
                Assert.True(_text.Count + Depth(_scratch.Count - 1) <= maxLength, "a guess behind the end of the session");
            }
            else
            {
                Assert.Empty(_scratch);
                _text.Add(step.Ids.Span[i]);
                Assert.True(_text.Count <= maxLength, "more tokens than the session was opened for");
                _last.Add(-_text.Count);
            }
        }

        int rows = step.Logits.Length / vocabulary;
        for (int row = 0; row < rows; row++)
        {
            Write(_last[^(rows - row)], step.Logits.Span.Slice(row * vocabulary, vocabulary));
        }

        return ValueTask.CompletedTask;
    }

    public void Settle(ReadOnlySpan<int> kept)
    {
        Assert.Null(_kept);
        int parent = -1;
        foreach (int token in kept)
        {
            Assert.Equal(parent, _scratch[token].Parent);
            parent = token;
        }

        _kept = kept.ToArray();
    }

    public ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            Write(_last[tokens.Span[i]], logits.Span.Slice(i * vocabulary, vocabulary));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private int Depth(int scratch) => scratch < 0 ? 0 : 1 + Depth(_scratch[scratch].Parent);

    private void Write(int token, Span<float> logits)
    {
        List<int> text = token < 0 ? [.. _text.Take(-token)] : [.. _text];
        List<int> path = [];
        for (int node = token; node >= 0; node = _scratch[node].Parent)
        {
            path.Insert(0, _scratch[node].Id);
        }

        text.AddRange(path);
        Logits(text, vocabulary).CopyTo(logits);
    }
}
