using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed class KeyValueStoreTests : IDisposable
{
    private const int Capacity = 600; // two pages and a shorter one
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1 });
    private readonly AttentionSpec _spec = AttentionCase.SpecOf(4, 2, 20, 36);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Memory_is_taken_page_by_page_as_slots_are_written_and_given_back_at_the_end()
    {
        using KeyValueStore store = Create();
        Assert.Equal((0L, 0L), (store.BytesTaken, store.BytesFor(0)));
        foreach ((int slots, long keys, long values) in new[] { (1, 256, 256), (256, 256, 256), (257, 512, 512), (513, 608, 600), (600, 608, 600) })
        {
            Fill(store, slots - 1, 1, slots);
            long expected = 4 * 2 * ((20 * keys) + (48 * values)); // keys in whole tiles of 16 slots, values in whole panels of 16 dimensions
            Assert.Equal((expected, expected), (store.BytesFor(slots), store.BytesTaken));
        }

        Assert.Equal(store.Bytes, store.BytesTaken);
        store.Dispose();
        Assert.Equal(0, store.BytesTaken);
        Assert.Throws<ObjectDisposedException>(() => Fill(store, 0, 1, 1));
    }

    [Fact]
    public void What_is_exported_is_slot_head_dimension_and_comes_back_whatever_the_capacity()
    {
        using KeyValueStore store = Create(), longer = _backend.CreateKeyValueStore(_spec, 1000);
        (float[] keys, float[] values) = Fill(store, 0, Capacity, 1);
        AssertHolds(store, 250, 20, keys, values);
        longer.Import(0, Capacity, keys, values);
        AssertHolds(longer, 0, Capacity, keys, values);
        Assert.Throws<ShapeMismatchException>(() => longer.Import(0, 2, keys, values));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Export(599, 2, new float[80], new float[144]));
        using KeyValueStore empty = Create();
        Assert.Throws<InvalidOperationException>(() => empty.Export(0, 1, new float[40], new float[72]));
    }

    [Fact]
    public void A_copy_shares_whole_pages_until_either_writes_and_then_neither_sees_the_other()
    {
        using KeyValueStore store = Create(), copy = Create(), shorter = _backend.CreateKeyValueStore(_spec, 300);
        (float[] keys, float[] values) = Fill(store, 0, Capacity, 1);
        copy.CopyFrom(store, Capacity);
        Fill(copy, 3, 1, 2);
        copy.Move(3, 400);
        Fill(store, 599, 1, 3);

        AssertHolds(store, 0, 599, keys, values);
        AssertHolds(copy, 4, 396, keys, values);
        AssertHolds(copy, 401, 199, keys, values);
        shorter.CopyFrom(store, 300);
        AssertHolds(shorter, 0, 300, keys, values);
        store.Dispose();
        AssertHolds(copy, 401, 199, keys, values);
    }

    private KeyValueStore Create() => _backend.CreateKeyValueStore(_spec, Capacity);

    private static (float[] Keys, float[] Values) Fill(KeyValueStore store, int first, int slots, int seed)
    {
        float[] keys = Numbers.Random(slots * store.KeyElements, seed), values = Numbers.Random(slots * store.ValueElements, seed + 1);
        store.Import(first, slots, keys, values);
        return (keys, values);
    }

    // Of what the store was filled with from slot 0 on.
    private static void AssertHolds(KeyValueStore store, int first, int slots, float[] keys, float[] values)
    {
        float[] heldKeys = new float[slots * store.KeyElements], heldValues = new float[slots * store.ValueElements];
        store.Export(first, slots, heldKeys, heldValues);
        Assert.Equal(keys.AsSpan(first * store.KeyElements, heldKeys.Length).ToArray(), heldKeys);
        Assert.Equal(values.AsSpan(first * store.ValueElements, heldValues.Length).ToArray(), heldValues);
    }
}
