namespace Whorl.Generation.Tests;

/// <summary>A model of which each token's successor is the next number, by far.</summary>
internal sealed class CountingSession(int vocabulary, float certainty = 10) : ICausalSession
{
    public int Committed { get; private set; }

    public ScratchShape Scratch => ScratchShape.None;

    public ValueTask StepAsync(CausalStep step, CancellationToken cancellationToken)
    {
        int rows = step.Logits.Length / vocabulary;
        Committed += step.Ids.Length;
        for (int row = 0; row < rows; row++)
        {
            Span<float> logits = step.Logits.Span.Slice(row * vocabulary, vocabulary);
            logits.Clear();
            logits[(step.Ids.Span[step.Ids.Length - rows + row] + 1) % vocabulary] = certainty;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask LogitsAsync(ReadOnlyMemory<int> tokens, Memory<float> logits, CancellationToken cancellationToken) =>
        throw new NotSupportedException("this model gives the last tokens' logits alone");

    public void Settle(ReadOnlySpan<int> kept) => throw new NotSupportedException("this model takes no scratch tokens");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
