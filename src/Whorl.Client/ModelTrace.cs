using Whorl.Models;

namespace Whorl.Client;

/// <summary>Everything a model computes on the way of a text: hidden states at every block boundary, the head's input, logits.</summary>
/// <param name="Hidden"><c>hidden[k]</c> for k from 0 (input of block 0) to the number of blocks, each <c>[tokens, hidden]</c>.</param>
/// <param name="Final">Input of the head, <c>[tokens, final]</c>: as wide as the embeddings.</param>
/// <param name="Logits"><c>[tokens, vocabulary]</c>.</param>
public sealed record ModelTrace(IReadOnlyList<float[]> Hidden, float[] Final, float[] Logits)
{
    private const int ChunkSize = 128;

    /// <summary>Computes a text, in chunks, keeping everything.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The text, at least one token.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    public static async Task<ModelTrace> TakeAsync(CausalModel model, ReadOnlyMemory<int> ids, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ids.Length, nameof(ids));
        int width = model.Ends.BoundarySize, hidden = model.Ends.HiddenSize, final = model.Ends.FinalSize, tokens = ids.Length;
        ModelTrace trace = new(
            [.. Enumerable.Range(0, model.Blocks + 1).Select(_ => new float[checked(tokens * hidden)])],
            new float[checked(tokens * final)],
            new float[checked(tokens * model.VocabularySize)]);
        await using IBlockSession session = await model.OpenBlocksAsync(tokens, 0, cancellationToken);
        BlockStep step = new() { EveryBlock = true };
        StepPositions positions = new();
        for (int at = 0; at < tokens; at += ChunkSize)
        {
            int rows = Math.Min(ChunkSize, tokens - at);
            float[] input = new float[rows * width], output = new float[model.Blocks * rows * width];
            (step.Rows, step.Input, step.Output) = (rows, input, output);
            model.Ends.Embed(ids.Span.Slice(at, rows), positions.Of(step), input);
            await session.StepAsync(step, cancellationToken);
            positions.Accept(step);
            for (int k = 0; k <= model.Blocks; k++)
            {
                CopyColumns(k == 0 ? input : output.AsSpan((k - 1) * rows * width, rows * width), width, hidden, trace.Hidden[k].AsSpan(at * hidden));
            }

            model.Ends.Logits(
                output.AsSpan((model.Blocks - 1) * rows * width),
                rows,
                trace.Logits.AsSpan(at * model.VocabularySize, rows * model.VocabularySize),
                trace.Final.AsSpan(at * final, rows * final));
        }

        return trace;
    }

    /// <summary>Copies the first columns of every row: the residual stream without a side value.</summary>
    private static void CopyColumns(ReadOnlySpan<float> from, int width, int columns, Span<float> into)
    {
        for (int row = 0; row < from.Length / width; row++)
        {
            from.Slice(row * width, columns).CopyTo(into[(row * columns)..]);
        }
    }
}
