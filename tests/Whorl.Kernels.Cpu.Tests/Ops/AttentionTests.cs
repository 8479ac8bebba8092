using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed class AttentionTests : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 2, SharesEverything = true });

    public static TheoryData<string> Variants => ["plain", "window", "window of one tile", "alibi", "falcon", "soft cap", "sinks", "all"];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(4, 4, 8, 8)]
    [InlineData(6, 2, 16, 16)]
    [InlineData(8, 1, 24, 20)]
    [InlineData(2, 2, 64, 64)]
    [InlineData(5, 1, 80, 80)]
    [InlineData(7, 1, 96, 33)]
    [InlineData(14, 2, 12, 128)]
    [InlineData(2, 1, 256, 256)]
    [InlineData(71, 1, 8, 1)]
    public void Attention_agrees_with_float64_for_every_shape(int heads, int keyValueHeads, int keySize, int valueSize)
    {
        var given = new AttentionCase(AttentionCase.SpecOf(heads, keyValueHeads, keySize, valueSize), 37, seed: heads + keySize);
        Numbers.AssertNear(given.Expected(), given.Run(_backend, 37), 1e-6);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Attention_agrees_with_float64_in_every_variant(string variant)
    {
        AttentionCase given = Case(variant, 75);
        Numbers.AssertNear(given.Expected(), given.Run(_backend, 75), 4e-6);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_instruction_set_gives_the_scalar_forms_bits(string variant)
    {
        AttentionCase given = Case(variant, 75), odd = new(AttentionCase.SpecOf(13, 1, 9, 50), 33, 3);
        var options = new CpuBackendOptions { Threads = 1 };
        using var scalar = new CpuBackend(options, InstructionSet.Scalar);
        float[] expected = given.Run(scalar, 60, 1, 2, 3, 4, 5), expectedOdd = odd.Run(scalar, 32, 1);
        foreach (InstructionSet set in EveryLanes.Fast)
        {
            using var backend = new CpuBackend(options, set);
            Numbers.AssertSameBits(expected, given.Run(backend, 60, 1, 2, 3, 4, 5), $"{set}");
            Numbers.AssertSameBits(expectedOdd, odd.Run(backend, 32, 1), $"{set}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_text_in_chunks_of_any_size_gives_the_same_bits(string variant)
    {
        AttentionCase given = Case(variant, 75);
        float[] whole = given.Run(_backend, 75);
        Numbers.AssertSameBits(whole, given.Run(_backend, [.. Enumerable.Repeat(1, 75)]), "token by token");
        Numbers.AssertSameBits(whole, given.Run(_backend, 16, 16, 43), "16, 16, 43");
        Numbers.AssertSameBits(whole, given.Run(_backend, 1, 13, 30, 2, 29), "1, 13, 30, 2, 29");
        using var alone = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        Numbers.AssertSameBits(whole, given.Run(alone, 75), "one thread");
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Late_tokens_whose_steps_the_threads_share_have_the_same_bits(string variant)
    {
        AttentionCase given = Case(variant, 400);
        float[] whole = given.Run(_backend, 400);
        using var three = new CpuBackend(new CpuBackendOptions { Threads = 3, SharesEverything = true });
        Numbers.AssertSameBits(whole, given.Run(three, 391, 1, 2, 1, 5), "three threads");
        using var alone = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        Numbers.AssertSameBits(whole, given.Run(alone, 390, 3, 1, 6), "one thread");
        using KeyValueStore store = three.CreateKeyValueStore(given.Spec, 401);
        var layout = new StepLayout();
        layout.Clear();
        layout.AddChain(0, 396);
        given.Step(three, layout, [store], [.. Enumerable.Range(0, 396)]);
        layout.Clear();
        layout.AddTree(396, [-1, -1, 1, 0, 2], 0);
        float[] rows = given.Step(three, layout, [store], [5, 396, 397, 6, 398]);
        Numbers.AssertSameBits(Row(whole, given, 396), Row(rows, given, 1), "tree");
        Numbers.AssertSameBits(Row(whole, given, 397), Row(rows, given, 2), "tree");
        Numbers.AssertSameBits(Row(whole, given, 398), Row(rows, given, 4), "tree");
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_row_of_a_batch_depends_on_no_other_session(string variant)
    {
        AttentionCase first = Case(variant, 40), second = Case(variant, 29, seed: 50);
        float[] firstAlone = first.Run(_backend, 40), secondAlone = second.Run(_backend, 29);
        var layout = new StepLayout();
        layout.Clear();
        layout.AddChain(0, 40);
        layout.AddChain(0, 29);
        using KeyValueStore a = _backend.CreateKeyValueStore(first.Spec, 64), b = _backend.CreateKeyValueStore(second.Spec, 29);
        Tensor q = Joined(first.Q, second.Q, 69), k = Joined(first.K, second.K, 69), v = Joined(first.V, second.V, 69);
        Span<float> both = _backend.Attention(q, k, v, first.Spec, layout, [a, b]).Span;
        Numbers.AssertSameBits(firstAlone, both[..firstAlone.Length]);
        Numbers.AssertSameBits(secondAlone, both[firstAlone.Length..]);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_path_of_a_tree_gives_the_bits_of_the_same_text_in_a_row(string variant)
    {
        // Scratch tokens 0..9; the text's tokens 21.. are on the path 1, 3, 6, 9, the others are strangers of other depths.
        int[] parents = [-1, -1, 0, 1, 1, 2, 3, 5, 4, 6];
        int[] path = [1, 3, 6, 9];
        int[] tokens = [30, 21, 31, 22, 32, 33, 23, 34, 30, 24];
        AttentionCase given = Case(variant, 40);
        float[] expected = given.Run(_backend, 40);
        foreach (int earlier in (int[])[0, 3, 9])
        {
            using KeyValueStore store = _backend.CreateKeyValueStore(given.Spec, 40);
            var layout = new StepLayout();
            layout.Clear();
            layout.AddChain(0, 21);
            given.Step(_backend, layout, [store], [.. Enumerable.Range(0, 21)]);
            var rows = new List<float>();
            foreach ((int from, int to) in earlier == 0 ? [(0, 10)] : new[] { (0, earlier), (earlier, 10) })
            {
                layout.Clear();
                layout.AddTree(21, parents.AsSpan(0, to), from);
                rows.AddRange(given.Step(_backend, layout, [store], tokens[from..to]));
            }

            for (int i = 0; i < path.Length; i++)
            {
                Numbers.AssertSameBits(Row(expected, given, 21 + i), Row([.. rows], given, path[i]), $"depth {i}, {earlier} earlier");
            }

            // The verdict keeps the path: it moves down to the slots of its positions, and the text goes on.
            for (int i = 0; i < path.Length; i++)
            {
                store.Move(21 + path[i], 21 + i);
            }

            layout.Clear();
            layout.AddChain(25, 15);
            float[] rest = given.Step(_backend, layout, [store], [.. Enumerable.Range(25, 15)]);
            Numbers.AssertSameBits(expected.AsSpan(25 * given.Width), rest, "after the commit");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_scratch_chain_gives_the_bits_of_committed_tokens(string variant)
    {
        AttentionCase given = Case(variant, 40);
        float[] expected = given.Run(_backend, 40);
        using KeyValueStore store = _backend.CreateKeyValueStore(given.Spec, 40);
        var layout = new StepLayout();
        layout.Clear();
        layout.AddTree(0, [.. Enumerable.Range(-1, 30)], 0);
        float[] first = given.Step(_backend, layout, [store], [.. Enumerable.Range(0, 30)]);
        layout.Clear();
        layout.AddTree(0, [.. Enumerable.Range(-1, 40)], 30);
        float[] second = given.Step(_backend, layout, [store], [.. Enumerable.Range(30, 10)]);
        Numbers.AssertSameBits(expected, [.. first, .. second]);
    }

    [Fact]
    public void Keys_and_values_that_a_row_does_not_see_never_touch_it_whatever_they_hold()
    {
        AttentionCase given = Case("plain", 40);
        float[] expected = given.Run(_backend, 40);
        Array.Fill(given.K, float.NaN, 30 * given.Spec.KeyValueHeads * given.Spec.KeySize, given.Spec.KeySize);
        Array.Fill(given.V, float.PositiveInfinity, 30 * given.Spec.KeyValueHeads * given.Spec.ValueSize, given.Spec.ValueSize);
        float[] poisoned = given.Run(_backend, 40);
        Numbers.AssertSameBits(expected.AsSpan(0, 30 * given.Width), poisoned.AsSpan(0, 30 * given.Width));
    }

    [Fact]
    public void Great_scores_overflow_nothing()
    {
        var spec = AttentionCase.SpecOf(1, 1, 16, 16) with { Scale = 1000f };
        var given = new AttentionCase(spec, 20, 5);
        float[] result = given.Run(_backend, 20);
        Assert.All(result, value => Assert.True(float.IsFinite(value)));
        Numbers.AssertSameBits(given.V.AsSpan(0, 16), result.AsSpan(0, 16), "the first token sees itself alone");
    }

    [Fact]
    public void Wrong_shapes_and_full_stores_are_refused()
    {
        AttentionCase given = Case("plain", 8);
        using KeyValueStore small = _backend.CreateKeyValueStore(given.Spec, 7), other = _backend.CreateKeyValueStore(AttentionCase.SpecOf(1, 1, 3, 3), 8);
        var layout = new StepLayout();
        layout.Clear();
        layout.AddChain(0, 8);
        int[] tokens = [.. Enumerable.Range(0, 8)];
        Assert.Throws<ShapeMismatchException>(() => given.Step(_backend, layout, [small], tokens));
        Assert.Throws<ShapeMismatchException>(() => given.Step(_backend, layout, [other], tokens));
        Assert.Throws<ShapeMismatchException>(() => given.Step(_backend, layout, [], tokens));
        Assert.Throws<ShapeMismatchException>(() => given.Step(_backend, layout, [small], tokens[1..]));
        Assert.Throws<ArgumentOutOfRangeException>(() => small.Move(7, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => small.Move(0, -1));
    }

    private static AttentionCase Case(string variant, int length, int seed = 1)
    {
        AttentionSpec spec = AttentionCase.SpecOf(6, 2, 20, 24);
        var slopes = Parameters.Of([0.5f, 0.25f, 0.123f, 0.07f, 0.01f, 0.0039f]);
        var sinks = Parameters.Of([0.5f, -1f, 3f, 0f, 10f, -20f]);
        spec = variant switch
        {
            "window" => spec with { Window = 7 },
            "window of one tile" => spec with { Window = 16 },
            "alibi" => spec with { AlibiSlopes = slopes },
            "falcon" => spec with { AlibiSlopes = slopes, AlibiScaledInBFloat16 = true },
            "soft cap" => spec with { SoftCap = 1.5f },
            "sinks" => spec with { Sinks = sinks },
            "all" => spec with { Window = 21, AlibiSlopes = slopes, SoftCap = 5, Sinks = sinks },
            _ => spec,
        };
        return new AttentionCase(spec, length, seed);
    }

    private static ReadOnlySpan<float> Row(float[] all, AttentionCase given, int row) => all.AsSpan(row * given.Width, given.Width);

    private Tensor Joined(float[] first, float[] second, int rows)
    {
        Tensor result = _backend.Rent(rows, (first.Length + second.Length) / rows);
        first.CopyTo(result.Span);
        second.CopyTo(result.Span[first.Length..]);
        return result;
    }
}
