using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>A text's queries, keys and values, and its attention in float64, key by key as the formula says.</summary>
internal sealed class AttentionCase
{
    public AttentionCase(AttentionSpec spec, int length, int seed)
    {
        Spec = spec;
        Length = length;
        Q = Numbers.Random(length * spec.Heads * spec.KeySize, seed);
        K = Numbers.Random(length * spec.KeyValueHeads * spec.KeySize, seed + 1);
        V = Numbers.Random(length * spec.KeyValueHeads * spec.ValueSize, seed + 2);
    }

    public AttentionSpec Spec { get; }

    public int Length { get; }

    public float[] Q { get; }

    public float[] K { get; }

    public float[] V { get; }

    public int Width => Spec.Heads * Spec.ValueSize;

    public static AttentionSpec SpecOf(int heads, int keyValueHeads, int keySize, int valueSize) => new()
    {
        Heads = heads,
        KeyValueHeads = keyValueHeads,
        KeySize = keySize,
        ValueSize = valueSize,
        Scale = 1f / MathF.Sqrt(keySize),
    };

    /// <summary>Attends to the whole text, cut into steps of these many tokens.</summary>
    public float[] Run(CpuBackend backend, params int[] chunks)
    {
        using KeyValueStore store = backend.CreateKeyValueStore(Spec, Length);
        var result = new List<float>();
        int done = 0;
        foreach (int rows in chunks)
        {
            var layout = new StepLayout();
            layout.Clear();
            layout.AddChain(done, rows);
            result.AddRange(Step(backend, layout, [store], Enumerable.Range(done, rows).ToArray()));
            done += rows;
        }

        Assert.Equal(Length, done);
        return [.. result];
    }

    /// <summary>One step with these tokens of the text as its rows.</summary>
    public float[] Step(CpuBackend backend, StepLayout layout, KeyValueStore[] stores, int[] tokens)
    {
        long mark = backend.Mark();
        Tensor q = Rows(backend, Q, tokens), k = Rows(backend, K, tokens), v = Rows(backend, V, tokens);
        float[] result = backend.Attention(q, k, v, Spec, layout, stores).Span.ToArray();
        backend.Release(mark);
        return result;
    }

    public double[] Expected()
    {
        var result = new double[Length * Width];
        for (int position = 0; position < Length; position++)
        {
            for (int head = 0; head < Spec.Heads; head++)
            {
                Attend(position, head, result.AsSpan((position * Width) + (head * Spec.ValueSize), Spec.ValueSize));
            }
        }

        return result;
    }

    private void Attend(int position, int head, Span<double> result)
    {
        int first = Spec.Window > 0 ? Math.Max(0, position - Spec.Window + 1) : 0, keyHead = head / (Spec.Heads / Spec.KeyValueHeads);
        double total = Spec.Sinks is null ? 0 : Math.Exp(Spec.Sinks.Value.Span[head]);
        for (int key = first; key <= position; key++)
        {
            double dot = 0;
            for (int d = 0; d < Spec.KeySize; d++)
            {
                dot += (double)Q[(((position * Spec.Heads) + head) * Spec.KeySize) + d] * K[(((key * Spec.KeyValueHeads) + keyHead) * Spec.KeySize) + d];
            }

            double score = dot * Spec.Scale;
            if (Spec.AlibiSlopes is not null)
            {
                float slope = Spec.AlibiSlopes.Value.Span[head];
                score += Spec.AlibiScaledInBFloat16
                    ? RoundToBFloat16(RoundToBFloat16(slope) * RoundToBFloat16(key)) * (double)Spec.Scale
                    : (double)slope * key;
            }

            score = Spec.SoftCap == 0 ? score : Spec.SoftCap * Math.Tanh(score / Spec.SoftCap);
            double weight = Math.Exp(score);
            total += weight;
            for (int d = 0; d < Spec.ValueSize; d++)
            {
                result[d] += weight * V[(((key * Spec.KeyValueHeads) + keyHead) * Spec.ValueSize) + d];
            }
        }

        for (int d = 0; d < Spec.ValueSize; d++)
        {
            result[d] /= total;
        }
    }

    private static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private Tensor Rows(CpuBackend backend, float[] source, int[] tokens)
    {
        int width = source.Length / Length;
        Tensor result = backend.Rent(tokens.Length, width);
        for (int i = 0; i < tokens.Length; i++)
        {
            source.AsSpan(tokens[i] * width, width).CopyTo(result.Row(i));
        }

        return result;
    }
}
