using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>
/// Attention of a few rows of one session, for the query heads of one key head: copied queries, dot products, exponentials, weighted
/// values.
/// </summary>
/// <remarks>
/// <para>For a query q at position i and the keys p it sees, i - window &lt; p ≤ i:</para>
/// <para>s(p) = (q·k(p)) · scale, the dot product one chain of fused multiply-adds from +0 in order of the dimensions; with ALiBi
/// fma(q·k(p), scale, slope · p); in Falcon's form (q·k(p) + b(p)) · scale, where b(p) is the product of slope and p, all three rounded
/// to bfloat16; then, with a soft cap, cap · tanh(s / cap).</para>
/// <para>e(p) = exp(s(p) - m), m the greatest s(p) (and sink). Σe: lane p mod 16 takes e(p) in order of p, then the lanes' tree, then the
/// sink's exp. The result: for each dimension one chain fma(e(p), v(p), ·) from +0 in order of p, divided by the sum.</para>
/// <para>Positions alone decide lanes and order, never slots, chunks or neighbours: so a token has the same bits alone, in a prefill and
/// in a tree.</para>
/// </remarks>
internal readonly unsafe struct AttentionTile
{
    private const int Lanes = ILanes<ScalarLanes>.Count;

    // A page: 16 KiB of a panel's values, which stay in the cache for all queries of the tile.
    private const int KeyBlock = KeyValueStore.PageSlots;

    private readonly AttentionSpec _spec;
    private readonly StepLayout _layout;
    private readonly StepSegment _segment;
    private readonly CpuKeyValueStore _store;
    private readonly int _firstRow;
    private readonly int _rows;
    private readonly int _head;
    private readonly int _group;
    private readonly int _firstPosition;
    private readonly int _stride;
    private readonly float* _queries; // [queries, KeySize]
    private readonly float* _totals; // [queries]
    private readonly float* _sums; // [queries, panels · 16]
    private readonly float* _scores; // [queries, stride]: of positions (before that, of slots) from _firstPosition on

    /// <summary>Takes the arguments.</summary>
    /// <param name="spec">The layer's variant.</param>
    /// <param name="layout">Positions and paths of the step's rows.</param>
    /// <param name="segment">The session's part of the step.</param>
    /// <param name="store">Its keys and values.</param>
    /// <param name="firstRow">First row among the step's rows.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="head">Key and value head.</param>
    /// <param name="scratch">As much memory as <see cref="ScratchFloats"/> says, 64-byte aligned.</param>
    public AttentionTile(
        AttentionSpec spec, StepLayout layout, in StepSegment segment, CpuKeyValueStore store, int firstRow, int rows, int head,
        float* scratch)
    {
        (_spec, _layout, _segment, _store) = (spec, layout, segment, store);
        (_firstRow, _rows, _head) = (firstRow, rows, head);
        _group = spec.Heads / spec.KeyValueHeads;
        _firstPosition = FirstVisibleToAny() & -Lanes;
        int lastSlot = segment.FirstSlot + (firstRow - segment.FirstRow) + rows - 1;
        KeyTiles = (lastSlot / Lanes) - (_firstPosition / Lanes) + 1;
        _stride = KeyTiles * Lanes;
        _queries = scratch;
        _totals = _queries + ((long)Queries * Pad(spec.KeySize));
        _sums = _totals + Pad(Queries);
        _scores = _sums + ((long)Queries * store.ValuePanels * Lanes);
    }

    /// <summary>Query vectors: rows times query heads of the key head.</summary>
    public int Queries => _rows * _group;

    /// <summary>Tiles of 16 keys that a row may see.</summary>
    public int KeyTiles { get; }

    /// <summary>Panels of 16 dimensions of the values.</summary>
    public int ValuePanels => _store.ValuePanels;

    /// <summary>Floats of scratch memory that a tile needs, a whole number of 16.</summary>
    /// <param name="spec">The layer's variant.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="slots">Slots in use, those of the tile's rows included.</param>
    public static long ScratchFloats(AttentionSpec spec, int rows, int slots)
    {
        int queries = rows * (spec.Heads / spec.KeyValueHeads);
        return ((long)queries * (Pad(spec.KeySize) + Pad(spec.ValueSize) + Pad(slots))) + Pad(queries);
    }

    /// <summary>Step 1: gathers the queries.</summary>
    /// <param name="q">The step's queries, <c>[rows, Heads · KeySize]</c>.</param>
    public void CopyQueries(float* q)
    {
        int width = _group * _spec.KeySize;
        for (int row = 0; row < _rows; row++)
        {
            float* source = q + (((long)(_firstRow + row) * _spec.Heads * _spec.KeySize) + ((long)_head * width));
            new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(_queries + ((long)row * width), width));
        }
    }

    /// <summary>Step 2: the dot products of all queries with some tiles of keys; the step's own keys have been written.</summary>
    public void Dots<T>(int firstTile, int endTile)
        where T : unmanaged, ILanes<T>
    {
        int keySize = _spec.KeySize;
        var product = new PanelProduct
        {
            AStride = keySize,
            PanelStride = (long)Lanes * keySize,
            CStride = _stride,
            Count = keySize,
            FromZero = true,
        };
        for (int slot = _firstPosition + (firstTile * Lanes), end = _firstPosition + (endTile * Lanes); slot < end;)
        {
            int until = Math.Min(end, (slot | (KeyBlock - 1)) + 1);
            float* keys = _store.Keys(slot / KeyBlock, _head) + ((long)(slot % KeyBlock) * keySize);
            product.Run<T>(_queries, Queries, keys, (until - slot) / Lanes, _scores + (slot - _firstPosition));
            slot = until;
        }
    }

    /// <summary>Step 3: turns one query's dot products into exponentials and keeps their sum.</summary>
    public void Exponentials<T>(int query)
        where T : unmanaged, ILanes<T>
    {
        int row = _firstRow + (query / _group), head = (_head * _group) + (query % _group);
        float* line = _scores + ((long)query * _stride) - _firstPosition;
        ToPositionOrder(row, line);
        float max = Scores<T>(line, _spec, head, FirstVisible(row), _layout.Positions[row]);
        float total = Exponentials<T>(line, max, FirstVisible(row), _layout.Positions[row]);

        // The greatest lane of sixteen equal ones: a scalar exp.
        _totals[query] = _spec.Sinks is null ? total : total + T.Max(Elementary.Exp(T.Broadcast(_spec.Sinks.Value.Data[head] - max)));
    }

    /// <summary>Step 4: some dimensions of all results.</summary>
    /// <param name="firstPanel">First panel of 16 dimensions.</param>
    /// <param name="endPanel">The panel after the last.</param>
    /// <param name="output">The step's results, <c>[rows, Heads · ValueSize]</c>.</param>
    public void Values<T>(int firstPanel, int endPanel, float* output)
        where T : unmanaged, ILanes<T>
    {
        WeighValues<T>(firstPanel, endPanel);
        int firstDimension = firstPanel * Lanes, dimensions = Math.Min(endPanel * Lanes, _spec.ValueSize) - firstDimension;
        for (int i = 0; i < Queries; i++)
        {
            int row = _firstRow + (i / _group), head = (_head * _group) + (i % _group);
            float* target = output + ((((long)row * _spec.Heads) + head) * _spec.ValueSize) + firstDimension;
            Divide<T>(Sum(i) + firstDimension, _totals[i], target, dimensions);
        }
    }

    private static int Pad(int count) => (count + Lanes - 1) & -Lanes;

    // Turns dot products into scores and returns the greatest visible one (or the sink). Lanes at the ends that are not visible hold
    // anything.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Scores<T>(float* line, AttentionSpec spec, int head, int first, int last)
        where T : unmanaged, ILanes<T>
    {
        T max = T.Broadcast(float.NegativeInfinity), scale = T.Broadcast(spec.Scale);
        bool alibi = spec.AlibiSlopes is not null, falcon = spec.AlibiScaledInBFloat16;
        float slope = spec.AlibiSlopes is null ? 0 : spec.AlibiSlopes.Value.Data[head], softCap = spec.SoftCap;
        for (int at = first & -Lanes; at <= last; at += Lanes)
        {
            T score = T.Load(line + at);
            if (!alibi)
            {
                score *= scale;
            }
            else
            {
                T position = T.Broadcast(at) + T.Index;
                score = falcon
                    ? (score + FalconBias(T.Broadcast(slope), position)) * scale
                    : T.FusedMultiplyAdd(score, scale, T.Broadcast(slope) * position);
            }

            score = softCap == 0 ? score : new SoftCap(softCap).Of(score);
            score.Store(line + at);
            T visible = at >= first && at + Lanes <= last + 1 ? score : T.Select(Partial.Mask<T>(first - at, last + 1 - at), score, max);
            max = T.Select(T.Greater(visible, max), visible, max);
        }

        float greatest = T.Max(max);
        return spec.Sinks is null ? greatest : MathF.Max(greatest, spec.Sinks.Value.Data[head]);
    }

    // As the reference computes it: a bfloat16 tensor of slopes times one of positions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T FalconBias<T>(T slope, T position)
        where T : unmanaged, ILanes<T> =>
        T.RoundToBFloat16(T.RoundToBFloat16(slope) * T.RoundToBFloat16(position));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials<T>(float* line, float max, int first, int last)
        where T : unmanaged, ILanes<T>
    {
        T maxima = T.Broadcast(max), sum = T.Broadcast(0f);
        for (int at = first & -Lanes; at <= last; at += Lanes)
        {
            T e = Elementary.Exp(T.Load(line + at) - maxima);
            e = at >= first && at + Lanes <= last + 1 ? e : T.Select(Partial.Mask<T>(first - at, last + 1 - at), e, T.Broadcast(0f));
            e.Store(line + at);
            sum += e;
        }

        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide<T>(float* sums, float total, float* y, int count)
        where T : unmanaged, ILanes<T>
    {
        T divisor = T.Broadcast(total);
        for (int i = 0; i < count; i += Lanes)
        {
            T quotient = T.Load(sums + i) / divisor;
            if (count - i >= Lanes)
            {
                quotient.Store(y + i);
            }
            else
            {
                quotient.StoreFirst(y + i, count - i);
            }
        }
    }

    private int FirstVisible(int row) => _spec.Window > 0 ? Math.Max(0, _layout.Positions[row] - _spec.Window + 1) : 0;

    // Keys before this position lie in the slots of their positions; from it on, a row of a tree finds them by its path.
    private int PlainEnd(int row) => _segment.IsChain ? _layout.Positions[row] + 1 : _segment.Committed;

    private float* Sum(int query) => _sums + ((long)query * ValuePanels * Lanes);

    // The rows of a tree may stand at any depth, so neither the first row nor the last decides.
    private int FirstVisibleToAny()
    {
        int first = int.MaxValue;
        for (int row = _firstRow; row < _firstRow + _rows; row++)
        {
            first = Math.Min(first, FirstVisible(row));
        }

        return first;
    }

    private (int First, int End) VisibleToAll()
    {
        int first = 0, end = int.MaxValue;
        for (int row = _firstRow; row < _firstRow + _rows; row++)
        {
            first = Math.Max(first, FirstVisible(row));
            end = Math.Min(end, PlainEnd(row));
        }

        return (first, end);
    }

    // A tree's dot products were formed slot by slot. A path's slots rise, so moving them down in order overwrites none that is still
    // needed.
    private void ToPositionOrder(int row, float* line)
    {
        ReadOnlySpan<int> path = _layout.Path(row);
        for (int i = Math.Max(0, FirstVisible(row) - _segment.Committed); i < path.Length; i++)
        {
            line[_segment.Committed + i] = line[path[i]];
        }
    }

    // The keys that all queries see are walked together, those before and after by each query for itself.
    private void WeighValues<T>(int firstPanel, int endPanel)
        where T : unmanaged, ILanes<T>
    {
        (int first, int end) = VisibleToAll();
        for (int i = 0; i < Queries; i++)
        {
            new Span<float>(Sum(i) + (firstPanel * Lanes), (endPanel - firstPanel) * Lanes).Clear();
            int row = _firstRow + (i / _group);
            Walk<T>(i, 1, FirstVisible(row), Math.Min(first, PlainEnd(row)), firstPanel, endPanel);
        }

        Walk<T>(0, Queries, first, end, firstPanel, endPanel);
        for (int i = 0; i < Queries; i++)
        {
            int row = _firstRow + (i / _group);
            Walk<T>(i, 1, Math.Max(first, end), PlainEnd(row), firstPanel, endPanel);
            ReadOnlySpan<int> path = _layout.Path(row);
            for (int depth = Math.Max(0, FirstVisible(row) - _segment.Committed); depth < path.Length; depth++)
            {
                Weigh<T>(i, 1, _segment.Committed + depth, path[depth], 1, firstPanel, endPanel);
            }
        }
    }

    // From position first to position end - 1, where slots are positions.
    private void Walk<T>(int query, int queries, int first, int end, int firstPanel, int endPanel)
        where T : unmanaged, ILanes<T>
    {
        for (int at = first; at < end;)
        {
            int until = Math.Min(end, (at | (KeyBlock - 1)) + 1);
            Weigh<T>(query, queries, at, at, until - at, firstPanel, endPanel);
            at = until;
        }
    }

    // Slots of one page.
    private void Weigh<T>(int query, int queries, int position, int slot, int keys, int firstPanel, int endPanel)
        where T : unmanaged, ILanes<T>
    {
        int page = slot / KeyBlock;
        long panelStride = _store.PanelStride(page);
        var product = new PanelProduct
        {
            AStride = _stride,
            PanelStride = panelStride,
            CStride = (long)ValuePanels * Lanes,
            Count = keys,
            FromZero = false,
        };
        float* weights = _scores + ((long)query * _stride) + (position - _firstPosition);
        float* values = _store.Values(page, _head) + (firstPanel * panelStride) + ((long)(slot % KeyBlock) * Lanes);
        product.Run<T>(weights, queries, values, endPanel - firstPanel, Sum(query) + (firstPanel * Lanes));
    }
}
