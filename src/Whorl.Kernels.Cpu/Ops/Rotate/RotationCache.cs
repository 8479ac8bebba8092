using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Cosines and sines of a <see cref="RopeTable"/>, computed once a position, in pages of <see cref="PagePositions"/> positions.</summary>
/// <param name="table">Frequencies and factor.</param>
internal sealed unsafe class RotationCache(RopeTable table) : IDisposable
{
    /// <summary>Positions of a page.</summary>
    public const int PagePositions = 128;

    private readonly ReadOnlyMemory<float> _frequencies = table.Frequencies; // not the table: the cache must not keep it alive
    private readonly float _factor = table.Factor;
    private NativeBuffer?[] _pages = [];

    /// <summary>Makes the rows of these positions; <see cref="Row"/> then has them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A position is negative.</exception>
    public void Ensure(ReadOnlySpan<int> positions)
    {
        foreach (int position in positions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(positions));
            int page = position / PagePositions;
            if (page >= _pages.Length)
            {
                Array.Resize(ref _pages, Math.Max(page + 1, Math.Min(2 * _pages.Length, int.MaxValue / PagePositions)));
            }

            _pages[page] ??= Fill(page);
        }
    }

    /// <summary>The cosines of a position, <c>[RotaryDimensions / 2]</c>, and right after them the sines.</summary>
    public float* Row(int position) => (float*)_pages[position / PagePositions]!.Pointer + (position % PagePositions * 2L * _frequencies.Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeBuffer? page in _pages)
        {
            page?.Dispose();
        }

        _pages = [];
    }

    private NativeBuffer Fill(int page)
    {
        ReadOnlySpan<float> frequencies = _frequencies.Span;
        NativeBuffer buffer = new(4L * PagePositions * 2 * frequencies.Length);
        float* row = (float*)buffer.Pointer;
        for (int i = 0; i < PagePositions; i++, row += 2 * frequencies.Length)
        {
            for (int f = 0; f < frequencies.Length; f++)
            {
                (double sine, double cosine) = SineCosine.Of((float)((page * PagePositions) + i) * frequencies[f]);
                row[f] = (float)cosine * _factor;
                row[frequencies.Length + f] = (float)sine * _factor;
            }
        }

        return buffer;
    }
}
