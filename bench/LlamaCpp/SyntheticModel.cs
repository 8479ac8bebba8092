using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Bench.LlamaCpp;

/// <summary>Writes GGUF models of real shapes with random weights: what they compute means nothing, how fast they compute does.</summary>
internal static class SyntheticModel
{
    /// <summary>Writes a Llama of a shape.</summary>
    /// <param name="path">The file.</param>
    /// <param name="type">Element type of all matrices: Q8_0 or Q4_0.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="vocabulary">A GGUF file whose tokenizer is copied, since llama.cpp does not load a model without.</param>
    public static Task WriteAsync(string path, ElementType type, ModelShape shape, string vocabulary)
    {
        using GgufModel donor = GgufModel.Open(vocabulary);
        int words = donor.Metadata.GetStrings("tokenizer.ggml.tokens").Length, keys = shape.Hidden / shape.Heads * shape.KeyValueHeads;
        Dictionary<string, object> metadata = new()
        {
            ["general.architecture"] = "llama",
            ["general.name"] = shape.Name,
            ["llama.block_count"] = (uint)shape.Blocks,
            ["llama.context_length"] = 2048u,
            ["llama.embedding_length"] = (uint)shape.Hidden,
            ["llama.feed_forward_length"] = (uint)shape.FeedForward,
            ["llama.attention.head_count"] = (uint)shape.Heads,
            ["llama.attention.head_count_kv"] = (uint)shape.KeyValueHeads,
            ["llama.rope.dimension_count"] = (uint)(shape.Hidden / shape.Heads),
            ["llama.rope.freq_base"] = 10000f,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
            ["llama.vocab_size"] = (uint)words,
        };
        foreach ((string key, object value) in donor.Metadata.Where(p => p.Key.StartsWith("tokenizer.ggml.", StringComparison.Ordinal)))
        {
            metadata[key] = value;
        }

        List<TensorSource> tensors = [Matrix("token_embd", words, shape.Hidden), Norm("output_norm")];
        for (int block = 0; block < shape.Blocks; block++)
        {
            string name = $"blk.{block}.";
            tensors.AddRange(
            [
                Norm(name + "attn_norm"), Norm(name + "ffn_norm"),
                Matrix(name + "attn_q", shape.Hidden, shape.Hidden), Matrix(name + "attn_k", keys, shape.Hidden), Matrix(name + "attn_v", keys, shape.Hidden),
                Matrix(name + "attn_output", shape.Hidden, shape.Hidden), Matrix(name + "ffn_gate", shape.FeedForward, shape.Hidden),
                Matrix(name + "ffn_up", shape.FeedForward, shape.Hidden), Matrix(name + "ffn_down", shape.Hidden, shape.FeedForward),
            ]);
        }

        return GgufWriter.WriteAsync(path, metadata, tensors, CancellationToken.None);

        TensorSource Norm(string name) => TensorSource.FromSingles(name + ".weight", ElementType.F32, [shape.Hidden], Enumerable.Repeat(1f, shape.Hidden).ToArray());

        TensorSource Matrix(string name, int rows, int columns) => new(name + ".weight", type, [rows, columns], RandomBlocks(type, name));
    }

    /// <summary>Random codes under a small scale.</summary>
    private static Action<long, Span<byte>> RandomBlocks(ElementType type, string name)
    {
        int blockBytes = ElementTypes.Info(type).BlockBytes;
        byte[] block = new byte[2];
        BitConverter.TryWriteBytes(block, (Half)(type == ElementType.Q8_0 ? 0.0003f : 0.004f));
        return (offset, bytes) =>
        {
            new Random(HashCode.Combine(name.Length, offset)).NextBytes(bytes);
            for (long at = (blockBytes - (offset % blockBytes)) % blockBytes; at + 1 < bytes.Length; at += blockBytes)
            {
                block.CopyTo(bytes[(int)at..]);
            }
        };
    }
}
