using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>
/// Cosines and sines of <see cref="RopeTable"/>s, computed once a position, in pages of <see cref="PagePositions"/> positions.
/// </summary>
/// <remarks>
/// Equal tables share their pages, so that a model's layers do. Beyond a limit the pages longest unused are freed: lengths and positions
/// come from strangers.
/// </remarks>
/// <param name="mostBytes">The limit; the pages of one call are held even if they are more.</param>
internal sealed unsafe class RotationCache(long mostBytes) : IDisposable
{
    /// <summary>Positions of a page.</summary>
    public const int PagePositions = 128;

    private readonly Dictionary<RopeTable, Page?[]> _pages = [];
    private long _call;

    /// <summary>Bytes of all pages.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins a call: rows found before may be gone after the next <see cref="Find"/>, those found from now on are not.</summary>
    public void Begin()
    {
        if (Bytes > mostBytes)
        {
            Trim();
        }

        _call++;
    }

    /// <summary>
    /// Finds or makes the rows of positions: for each its cosines, <c>[RotaryDimensions / 2]</c>, and right after them the sines.
    /// </summary>
    /// <param name="table">Frequencies and factor.</param>
    /// <param name="positions">The positions.</param>
    /// <param name="rows">Receives where each one's row begins; good until the next call begins.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position is negative.</exception>
    public void Find(RopeTable table, ReadOnlySpan<int> positions, float** rows)
    {
        if (!_pages.TryGetValue(table, out Page?[]? pages))
        {
            pages = [];
        }

        for (int i = 0; i < positions.Length; i++)
        {
            int position = positions[i];
            ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(positions));
            int index = position / PagePositions;
            if (index >= pages.Length)
            {
                Array.Resize(ref pages, Math.Max(index + 1, Math.Min(2 * pages.Length, int.MaxValue / PagePositions)));
                _pages[table] = pages;
            }

            Page page = pages[index] ??= Fill(table, index);
            page.Call = _call;
            rows[i] = (float*)page.Buffer.Pointer + (position % PagePositions * 2L * table.Frequencies.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Page? page in _pages.Values.SelectMany(pages => pages))
        {
            page?.Buffer.Dispose();
        }

        _pages.Clear();
        Bytes = 0;
    }

    // Down to half the limit, so that it is done seldom.
    private void Trim()
    {
        long[] calls = [.. _pages.Values.SelectMany(pages => pages).OfType<Page>().Select(page => page.Call).Order()];
        long lastToGo = calls[calls.Length / 2];
        foreach ((RopeTable table, Page?[] pages) in _pages)
        {
            bool isEmpty = true;
            for (int i = 0; i < pages.Length; i++)
            {
                if (pages[i] is { } page && page.Call <= lastToGo)
                {
                    Bytes -= page.Buffer.Bytes;
                    page.Buffer.Dispose();
                    pages[i] = null;
                }

                isEmpty &= pages[i] is null;
            }

            if (isEmpty)
            {
                _pages.Remove(table);
            }
        }
    }

    private Page Fill(RopeTable table, int index)
    {
        ReadOnlySpan<float> frequencies = table.Frequencies.Span;
        NativeBuffer buffer = new(4L * PagePositions * 2 * frequencies.Length);
        Bytes += buffer.Bytes;
        float* row = (float*)buffer.Pointer;
        for (int i = 0; i < PagePositions; i++, row += 2 * frequencies.Length)
        {
            for (int f = 0; f < frequencies.Length; f++)
            {
                (double sine, double cosine) = SineCosine.Of((float)((index * PagePositions) + i) * frequencies[f]);
                row[f] = (float)cosine * table.Factor;
                row[frequencies.Length + f] = (float)sine * table.Factor;
            }
        }

        return new Page(buffer);
    }

    private sealed class Page(NativeBuffer buffer)
    {
        public NativeBuffer Buffer { get; } = buffer;

        public long Call { get; set; }
    }
}
