using Whorl.Kernels.Cpu.Ops;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Attention and its store.</content>
public sealed unsafe partial class CpuBackend
{
    // Below so many multiplications a call is not worth handing to other threads.
    private const long SmallestSharedAttention = 50_000;

    private const int AttentionMultiplicationsANanosecond = 20; // about

    private AttentionWork? _attention;

    /// <inheritdoc/>
    public KeyValueStore CreateKeyValueStore(AttentionSpec spec, int capacity, KeyValueFormat format = KeyValueFormat.F32)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfNotEqual((int)format, (int)KeyValueFormat.F32, nameof(format));
        return new CpuKeyValueStore(_pages, spec.KeyValueHeads, spec.KeySize, spec.ValueSize, capacity);
    }

    /// <inheritdoc/>
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(layout);
        Check(q, k, v, spec, layout);
        Check(spec, layout, stores);
        Tensor y = Rent(q.Rows, spec.Heads * spec.ValueSize);
        if (layout.Rows == 0)
        {
            return y;
        }

        AttentionWork work = _attention ??= new AttentionWork(Workers, InstructionSet);
        work.Prepare(q, k, v, spec, layout, stores, y);
        SharedCall call = work.Cost < SmallestSharedAttention
            ? SharedCall.Alone
            : Workers.Begin(WorkKind.Attention, work.Cost / AttentionMultiplicationsANanosecond);
        long mark = Mark();
        work.UseScratch((float*)_workspace.RentBytes(4 * work.Plan(call.Workers)));
        work.RunAll();
        Workers.End(call);
        work.Forget();
        Release(mark);
        return y;
    }

    private static void Check(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout)
    {
        if (spec.Heads < 1 || spec.KeyValueHeads < 1 || spec.Heads % spec.KeyValueHeads != 0)
        {
            throw new ShapeMismatchException("attention", "key heads that divide the heads", $"{spec.KeyValueHeads} of {spec.Heads}");
        }

        CheckShape("attention q", q, layout.Rows, spec.Heads * spec.KeySize);
        CheckShape("attention k", k, layout.Rows, spec.KeyValueHeads * spec.KeySize);
        CheckShape("attention v", v, layout.Rows, spec.KeyValueHeads * spec.ValueSize);
        CheckLength("attention slopes", spec.AlibiSlopes, spec.Heads);
        CheckLength("attention sinks", spec.Sinks, spec.Heads);
    }

    private static void Check(AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores)
    {
        if (stores.Length != layout.Segments.Count)
        {
            throw new ShapeMismatchException("attention", $"a store for each of {layout.Segments.Count} segments", $"{stores.Length}");
        }

        for (int i = 0; i < stores.Length; i++)
        {
            if (stores[i] is not CpuKeyValueStore store)
            {
                throw new ArgumentException($"the store of segment {i} was not made by this backend", nameof(stores));
            }

            if (store.Heads != spec.KeyValueHeads || store.KeySize != spec.KeySize || store.ValueSize != spec.ValueSize)
            {
                throw new ShapeMismatchException(
                    "attention",
                    $"a store of {spec.KeyValueHeads} heads of {spec.KeySize} and {spec.ValueSize}",
                    $"{store.Heads} heads of {store.KeySize} and {store.ValueSize} in segment {i}");
            }

            StepSegment segment = layout.Segments[i];
            if (segment.FirstSlot > store.Capacity - segment.Rows)
            {
                throw new ShapeMismatchException(
                    "attention", $"at most {store.Capacity} tokens in segment {i}", $"{segment.FirstSlot} and {segment.Rows} new ones");
            }
        }
    }
}
