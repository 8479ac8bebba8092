namespace Whorl.Models;

/// <summary>Which rows of a stored tensor make up a weight: fused projections are taken apart, permuted rows are put back.</summary>
/// <param name="Groups">The stored rows come in so many groups of equal length, usually one a head.</param>
/// <param name="GroupRows">Stored rows of a group.</param>
/// <param name="Offset">First row taken of each group.</param>
/// <param name="Count">Rows taken of each group.</param>
public sealed record RowOrder(int Groups, int GroupRows, int Offset, int Count)
{
    /// <summary>
    /// Heads of this many rows are stored with the rotary pairs side by side, and are put back into halves; 0 for no change.
    /// </summary>
    /// <value>Default 0.</value>
    public int PairedHeadSize { get; init; }

    /// <summary>Rows at each head's end that are not paired.</summary>
    /// <value>Default 0.</value>
    public int Unpaired { get; init; }

    /// <summary>Rows of the weight.</summary>
    public int Rows => Groups * Count;

    /// <summary>Rows of the stored tensor.</summary>
    public int StoredRows => Groups * GroupRows;

    /// <summary>A run of rows.</summary>
    public static RowOrder Range(int first, int count, int storedRows) => new(1, storedRows, first, count);

    /// <summary>Runs of rows, one behind the other, that make up a stored tensor.</summary>
    public static (string Role, RowOrder Rows)[] InTurn(params ReadOnlySpan<(string Role, int Rows)> parts)
    {
        int stored = 0, first = 0;
        foreach ((_, int rows) in parts)
        {
            stored = checked(stored + rows);
        }

        var orders = new (string Role, RowOrder Rows)[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            orders[i] = (parts[i].Role, Range(first, parts[i].Rows, stored));
            first += parts[i].Rows;
        }

        return orders;
    }

    /// <summary>All rows, heads with rotary pairs side by side (2i, 2i+1) put back into halves (i, i + headSize/2). GGUF's Llama.</summary>
    public static RowOrder Paired(int rows, int headSize) => new(1, rows, 0, rows) { PairedHeadSize = headSize };

    /// <summary>The stored row that becomes a row of the weight.</summary>
    public int Source(int row)
    {
        if (PairedHeadSize > 0)
        {
            int head = row / PairedHeadSize, within = row % PairedHeadSize, half = (PairedHeadSize - Unpaired) / 2;
            if (within < 2 * half)
            {
                row = (head * PairedHeadSize) + (within < half ? 2 * within : (2 * (within - half)) + 1);
            }
        }

        return (row / Count * GroupRows) + Offset + (row % Count);
    }

    /// <summary>How many rows from one on come from stored rows that follow each other, up to a limit of at least 1.</summary>
    public int RunFrom(int row, int limit)
    {
        int source = Source(row), run = 1;
        while (run < limit && Source(row + run) == source + run)
        {
            run++;
        }

        return run;
    }
}
