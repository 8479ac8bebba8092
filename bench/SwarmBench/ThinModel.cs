using Whorl.Formats;
using Whorl.Tensors;

namespace SwarmBench;

/// <summary>A Llama as wide as a 1B model whose blocks cost next to nothing: one head of 32, 32 units in the middle, all weights 0.</summary>
internal static class ThinModel
{
    public const int HiddenSize = 2048;

    private const int Inner = 32;

    /// <summary>Values of a block's weights.</summary>
    public const int BlockValues = 7 * Inner * HiddenSize;

    /// <summary>Writes it.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="blocks">How many blocks.</param>
    public static async Task WriteAsync(string folder, int blocks)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "config.json"),
            $$"""
            {
              "model_type": "llama", "hidden_size": {{HiddenSize}}, "intermediate_size": {{Inner}}, "num_hidden_layers": {{blocks}}, "num_attention_heads": 1,
              "num_key_value_heads": 1, "head_dim": {{Inner}}, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 16384,
              "vocab_size": 8, "tie_word_embeddings": true
            }
            """);
        List<TensorSource> tensors = [Zeros("model.embed_tokens.weight", 8, HiddenSize), Zeros("model.norm.weight", HiddenSize)];
        for (int block = 0; block < blocks; block++)
        {
            string name = $"model.layers.{block}.";
            tensors.AddRange([Zeros(name + "input_layernorm.weight", HiddenSize), Zeros(name + "post_attention_layernorm.weight", HiddenSize)]);
            tensors.AddRange(
                from role in (string[])["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"]
                select Zeros($"{name}{role}.weight", Inner, HiddenSize));
            tensors.AddRange(from role in (string[])["self_attn.o_proj", "mlp.down_proj"] select Zeros($"{name}{role}.weight", HiddenSize, Inner));
        }

        await SafetensorsWriter.WriteAsync(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static TensorSource Zeros(string name, params long[] shape) => new(name, ElementType.F32, shape, (_, bytes) => bytes.Clear());
}
