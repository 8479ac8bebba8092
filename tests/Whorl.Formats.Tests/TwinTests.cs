using Whorl.Testing;

namespace Whorl.Formats.Tests;

/// <summary>Reference models that lie side by side as safetensors and as GGUF.</summary>
public sealed class TwinTests
{
    /// <summary>GGUF's names of a decoder's tensors, those of a layer without its number, and Hugging Face's.</summary>
    private static readonly Dictionary<string, string> Names = new()
    {
        ["token_embd.weight"] = "model.embed_tokens.weight",
        ["output_norm.weight"] = "model.norm.weight",
        ["attn_norm.weight"] = "input_layernorm.weight",
        ["attn_q.weight"] = "self_attn.q_proj.weight",
        ["attn_q.bias"] = "self_attn.q_proj.bias",
        ["attn_k.weight"] = "self_attn.k_proj.weight",
        ["attn_v.weight"] = "self_attn.v_proj.weight",
        ["attn_output.weight"] = "self_attn.o_proj.weight",
        ["ffn_norm.weight"] = "post_attention_layernorm.weight",
        ["ffn_gate.weight"] = "mlp.gate_proj.weight",
        ["ffn_up.weight"] = "mlp.up_proj.weight",
        ["ffn_down.weight"] = "mlp.down_proj.weight",
    };

    public static TheoryData<string> Cases => new(Directory.GetDirectories(ReferenceData.PathOf("golden", "models"))
        .Where(folder => File.Exists(Path.Combine(folder, "model.gguf")))
        .Select(folder => Path.GetFileName(folder)));

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("phi3")]
    public void Twins_of_families_that_keep_their_rows_have_the_same_shapes_and_values(string model)
    {
        using ModelFolder folder = ModelFolder.Open(ReferenceData.PathOf("golden", "models", model));
        using GgufModel gguf = GgufModel.Open(ReferenceData.PathOf("golden", "models", model, "model.gguf"));
        int compared = 0;
        foreach (string name in gguf.Checkpoint.Names)
        {
            string[] parts = name.Split('.', 3);
            bool isLayer = parts[0] == "blk";
            if (Names.TryGetValue(isLayer ? parts[2] : name, out string? twin)
                && folder.Checkpoint.TryGet(isLayer ? $"model.layers.{parts[1]}.{twin}" : twin, out TensorEntry? entry))
            {
                TensorEntry other = gguf.Checkpoint.Get(name);
                Assert.Equal(entry.Shape, other.Shape);
                Assert.Equal(folder.Checkpoint.ReadSingles(entry), gguf.Checkpoint.ReadSingles(other));
                compared++;
            }
        }

        Assert.InRange(compared, 10, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_embeddings_of_twins_are_the_same(string model)
    {
        using ModelFolder folder = ModelFolder.Open(ReferenceData.PathOf("golden", "models", model));
        using GgufModel gguf = GgufModel.Open(ReferenceData.PathOf("golden", "models", model, "model.gguf"));
        TensorEntry embeddings = gguf.Checkpoint.Get("token_embd.weight");
        float[] values = gguf.Checkpoint.ReadSingles(embeddings);
        Assert.Contains(
            folder.Checkpoint.Names.Select(folder.Checkpoint.Get),
            twin => twin.Shape.SequenceEqual(embeddings.Shape) && folder.Checkpoint.ReadSingles(twin).SequenceEqual(values));
    }

    [Theory]
    [InlineData("F16", 0.0005)]
    [InlineData("Q8_0", 0.008)]
    [InlineData("Q4_0", 0.15)]
    public void Quantised_twins_have_nearly_the_same_values(string type, double error)
    {
        using GgufModel exact = GgufModel.Open(ReferenceData.PathOf("golden", "models", "llama3", "model.gguf"));
        using GgufModel rounded = GgufModel.Open(ReferenceData.PathOf("golden", "models", "llama3", $"model.{type}.gguf"));
        Assert.Equal(exact.Checkpoint.Names.Order(), rounded.Checkpoint.Names.Order());
        foreach (string name in exact.Checkpoint.Names)
        {
            float[] values = exact.Checkpoint.ReadSingles(exact.Checkpoint.Get(name));
            float[] others = rounded.Checkpoint.ReadSingles(rounded.Checkpoint.Get(name));
            double lost = values.Zip(others, (a, b) => Math.Pow(a - b, 2)).Sum();
            Assert.InRange(Math.Sqrt(lost / values.Sum(value => Math.Pow(value, 2))), 0, error);
        }
    }
}
