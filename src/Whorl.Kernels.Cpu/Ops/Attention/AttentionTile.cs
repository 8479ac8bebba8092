using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Attention of a few rows of one session, for the query heads of one key head.</summary>
/// <remarks>
/// <para>For query q at position i and the keys p it sees, i - window &lt; p ≤ i, in position order:</para>
/// <para>s(p) = (q·k(p)) · scale, the dot product one chain of fused multiply-adds from +0 in order of the dimensions; with ALiBi
/// fma(q·k(p), scale, slope · p); in Falcon's form (q·k(p) + b(p)) · scale, where b(p) is the product of slope and p, all three rounded to bfloat16;
/// then, with a soft cap, cap · tanh(s / cap).</para>
/// <para>e(p) = exp(s(p) - m), m the greatest s(p) (and sink). Σe: lane p mod 16 takes e(p) in order of p, then the lanes' tree, then the sink's exp.
/// The result: for each dimension one chain fma(e(p), v(p), ·) from +0 in order of p, divided by the sum.</para>
/// <para>Positions alone decide lanes and order, never slots, chunks or neighbours: so a token has the same bits alone, in a prefill and in a tree.</para>
/// </remarks>
internal readonly unsafe struct AttentionTile
{
    private const int Lanes = ILanes<ScalarLanes>.Count;

    // Values of so many keys stay in the cache while each 16 of their dimensions are walked.
    private const int KeyBlock = 128;

    /// <summary>The layer's variant.</summary>
    public required AttentionSpec Spec { get; init; }

    /// <summary>Positions and paths of the step's rows.</summary>
    public required StepLayout Layout { get; init; }

    /// <summary>The session's part of the step.</summary>
    public required StepSegment Segment { get; init; }

    /// <summary>Its keys and values; the step's own have been written.</summary>
    public required CpuKeyValueStore Store { get; init; }

    /// <summary>First row among the step's rows.</summary>
    public required int FirstRow { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Key and value head.</summary>
    public required int Head { get; init; }

    private int Group => Spec.Heads / Spec.KeyValueHeads;

    private int Queries => Rows * Group;

    /// <summary>Floats of scratch memory that a tile needs.</summary>
    /// <param name="spec">The layer's variant.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="slots">Slots in use, those of the tile's rows included.</param>
    public static long ScratchFloats(AttentionSpec spec, int rows, int slots)
    {
        long queries = (long)rows * (spec.Heads / spec.KeyValueHeads);
        return queries * (Pad(spec.KeySize) + Pad(spec.ValueSize) + Pad(slots) + Lanes);
    }

    /// <summary>Computes the tile.</summary>
    /// <param name="q">The step's queries, <c>[rows, Heads · KeySize]</c>.</param>
    /// <param name="output">The step's results, <c>[rows, Heads · ValueSize]</c>.</param>
    /// <param name="scratch">As much as <see cref="ScratchFloats"/> says.</param>
    public void Run<T>(float* q, float* output, float* scratch)
        where T : unmanaged, ILanes<T>
    {
        int keySize = Spec.KeySize, valueStride = Store.ValueStride;
        float* queries = scratch;
        float* sums = queries + ((long)Queries * Pad(keySize));
        float* scores = sums + ((long)Queries * valueStride);
        CopyQueries(q, queries);

        int firstPosition = FirstVisibleToAny() & -Lanes;
        int lastSlot = Segment.FirstSlot + (FirstRow - Segment.FirstRow) + Rows - 1;
        int tiles = (lastSlot / Lanes) - (firstPosition / Lanes) + 1;
        int stride = tiles * Lanes;
        var dots = new PanelProduct
        {
            AStride = keySize,
            BStride = Lanes,
            PanelStride = (long)Lanes * keySize,
            CStride = stride,
            Count = keySize,
            FromZero = true,
        };
        dots.Run<T>(queries, Queries, Store.Keys(Head) + ((long)firstPosition * keySize), tiles, scores);

        float* totals = queries; // the queries are done with
        for (int i = 0; i < Queries; i++)
        {
            int row = FirstRow + (i / Group), head = (Head * Group) + (i % Group);
            float* line = scores + ((long)i * stride) - firstPosition;
            ToPositionOrder(row, line);
            float max = Scores<T>(line, head, FirstVisible(row), Layout.Positions[row]);
            totals[i] = Exponentials<T>(line, head, max, FirstVisible(row), Layout.Positions[row]);
        }

        new Span<float>(sums, Queries * valueStride).Clear();
        WeighValues<T>(scores - firstPosition, stride, sums);
        for (int i = 0; i < Queries; i++)
        {
            int row = FirstRow + (i / Group), head = (Head * Group) + (i % Group);
            float* target = output + ((((long)row * Spec.Heads) + head) * Spec.ValueSize);
            Divide<T>(sums + ((long)i * valueStride), totals[i], target, Spec.ValueSize);
        }
    }

    private static int Pad(int count) => (count + Lanes - 1) & -Lanes;

    private int FirstVisible(int row) => Spec.Window > 0 ? Math.Max(0, Layout.Positions[row] - Spec.Window + 1) : 0;

    // Keys before this position lie in the slots of their positions; from it on, a row of a tree finds them by its path.
    private int PlainEnd(int row) => Segment.IsChain ? Layout.Positions[row] + 1 : Segment.Committed;

    // The rows of a tree may stand at any depth, so neither the first row nor the last decides.
    private int FirstVisibleToAny()
    {
        int first = int.MaxValue;
        for (int row = FirstRow; row < FirstRow + Rows; row++)
        {
            first = Math.Min(first, FirstVisible(row));
        }

        return first;
    }

    private (int First, int End) VisibleToAll()
    {
        int first = 0, end = int.MaxValue;
        for (int row = FirstRow; row < FirstRow + Rows; row++)
        {
            first = Math.Max(first, FirstVisible(row));
            end = Math.Min(end, PlainEnd(row));
        }

        return (first, end);
    }

    private void CopyQueries(float* q, float* queries)
    {
        int width = Group * Spec.KeySize;
        for (int row = 0; row < Rows; row++)
        {
            float* source = q + (((long)(FirstRow + row) * Spec.Heads * Spec.KeySize) + ((long)Head * width));
            new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(queries + ((long)row * width), width));
        }
    }

    // A tree's dot products were formed slot by slot. A path's slots rise, so moving them down in order overwrites none that is still needed.
    private void ToPositionOrder(int row, float* line)
    {
        ReadOnlySpan<int> path = Layout.Path(row);
        for (int i = Math.Max(0, FirstVisible(row) - Segment.Committed); i < path.Length; i++)
        {
            line[Segment.Committed + i] = line[path[i]];
        }
    }

    // Turns dot products into scores and returns the greatest visible one. Lanes at the ends that are not visible hold anything.
    private float Scores<T>(float* line, int head, int first, int last)
        where T : unmanaged, ILanes<T>
    {
        T max = T.Broadcast(float.NegativeInfinity), scale = T.Broadcast(Spec.Scale);
        float slope = Spec.AlibiSlopes is null ? 0 : Spec.AlibiSlopes.Value.Data[head];
        for (int at = first & -Lanes; at <= last; at += Lanes)
        {
            T score = T.Load(line + at);
            if (Spec.AlibiSlopes is null)
            {
                score *= scale;
            }
            else
            {
                T position = T.Broadcast(at) + T.Index;
                score = Spec.AlibiScaledInBFloat16
                    ? (score + FalconBias(T.Broadcast(slope), position)) * scale
                    : T.FusedMultiplyAdd(score, scale, T.Broadcast(slope) * position);
            }

            score = Spec.SoftCap == 0 ? score : new SoftCap(Spec.SoftCap).Of(score);
            score.Store(line + at);
            T visible = at >= first && at + Lanes <= last + 1 ? score : T.Select(Partial.Mask<T>(first - at, last + 1 - at), score, max);
            max = T.Select(T.Greater(visible, max), visible, max);
        }

        float greatest = T.Max(max);
        return Spec.Sinks is null ? greatest : MathF.Max(greatest, Spec.Sinks.Value.Data[head]);
    }

    // As the reference computes it: a bfloat16 tensor of slopes times one of positions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T FalconBias<T>(T slope, T position)
        where T : unmanaged, ILanes<T> =>
        T.RoundToBFloat16(T.RoundToBFloat16(slope) * T.RoundToBFloat16(position));

    // Turns scores into exponentials and returns their sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Exponentials<T>(float* line, int head, float max, int first, int last)
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

        float total = T.Sum(sum);
        return Spec.Sinks is null ? total : total + T.Max(Elementary.Exp(T.Broadcast(Spec.Sinks.Value.Data[head] - max)));
    }

    // The keys that all queries see are walked together, those before and after by each query for itself.
    private void WeighValues<T>(float* lines, int stride, float* sums)
        where T : unmanaged, ILanes<T>
    {
        (int first, int end) = VisibleToAll();
        for (int i = 0; i < Queries; i++)
        {
            int row = FirstRow + (i / Group);
            Walk<T>(lines + ((long)i * stride), stride, 1, FirstVisible(row), Math.Min(first, PlainEnd(row)), sums + ((long)i * Store.ValueStride));
        }

        Walk<T>(lines, stride, Queries, first, end, sums);
        for (int i = 0; i < Queries; i++)
        {
            int row = FirstRow + (i / Group);
            float* line = lines + ((long)i * stride), sum = sums + ((long)i * Store.ValueStride);
            Walk<T>(line, stride, 1, Math.Max(first, end), PlainEnd(row), sum);
            WalkPath<T>(row, line, sum);
        }
    }

    private void Walk<T>(float* lines, int stride, int queries, int first, int end, float* sums)
        where T : unmanaged, ILanes<T>
    {
        for (int at = first; at < end; at += KeyBlock)
        {
            Product(stride, Math.Min(KeyBlock, end - at))
                .Run<T>(lines + at, queries, Store.Values(Head) + ((long)at * Store.ValueStride), Store.ValueStride / Lanes, sums);
        }
    }

    private void WalkPath<T>(int row, float* line, float* sum)
        where T : unmanaged, ILanes<T>
    {
        ReadOnlySpan<int> path = Layout.Path(row);
        PanelProduct one = Product(0, 1);
        for (int i = Math.Max(0, FirstVisible(row) - Segment.Committed); i < path.Length; i++)
        {
            one.Run<T>(line + Segment.Committed + i, 1, Store.Values(Head) + ((long)path[i] * Store.ValueStride), Store.ValueStride / Lanes, sum);
        }
    }

    private PanelProduct Product(int stride, int keys) => new()
    {
        AStride = stride,
        BStride = Store.ValueStride,
        PanelStride = Lanes,
        CStride = Store.ValueStride,
        Count = keys,
        FromZero = false,
    };

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
                Partial.Store(quotient, y + i, count - i);
            }
        }
    }
}
