using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <summary>
/// Forms of weights that published checkpoints have and the golden ones lack: the same values give the same bytes of logits.
/// </summary>
public sealed class StoredFormsTests : IDisposable
{
    // The values of e2m1: Microscaling Formats 1.0, table 5.
    private static readonly float[] Codes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];
    private static readonly int[] Text = [3, 141, 59, 26, 53, 58, 97, 93];
    private readonly StoredForms _forms = new();
    private readonly Random _random = new(7);

    public void Dispose() => _forms.Dispose();

    [Fact]
    public async Task Gpt_oss_s_experts_in_mxfp4_compute_what_they_stand_for()
    {
        string golden = GoldenCase.Of("gpt_oss").Folder;
        Dictionary<string, float[]> values = [];
        string packed = await _forms.FolderAsync(
            golden, Pack, config => config["quantization_config"] = new JsonObject { ["quant_method"] = "mxfp4" });
        string plain = await _forms.FolderAsync(golden, entry => Expanded(entry, values));
        AssertSame(plain, packed);

        IReadOnlyList<TensorSource>? Pack(TensorEntry entry)
        {
            if (!entry.Name.EndsWith("_proj", StringComparison.Ordinal))
            {
                return null;
            }

            // [experts, inputs, outputs] becomes [experts, outputs, inputs / 32] blocks of 16 bytes; value i of a block is the low half of
            // byte i / 2, or the high one.
            (long experts, long inputs, long outputs) = (entry.Shape[0], entry.Shape[1], entry.Shape[2]);
            byte[] codes = new byte[entry.ElementCount / 2], scales = new byte[entry.ElementCount / 32];
            _random.NextBytes(codes);
            float[] turned = values[entry.Name] = new float[entry.ElementCount];
            for (int block = 0; block < scales.Length; block++)
            {
                scales[block] = (byte)_random.Next(120, 125);
                for (int i = 0; i < 32; i++)
                {
                    int code = (codes[(block * 16) + (i / 2)] >> (i % 2 * 4)) & 15, row = block / (int)(inputs / 32);
                    int input = (block % (int)(inputs / 32) * 32) + i;
                    long at = (((row / outputs * inputs) + input) * outputs) + (row % outputs);
                    turned[at] = Codes[code] * MathF.ScaleB(1, scales[block] - 127);
                }
            }

            return
            [
                TensorSource.FromBytes(entry.Name + "_blocks", ElementType.U8, [experts, outputs, inputs / 32, 16], codes),
                TensorSource.FromBytes(entry.Name + "_scales", ElementType.U8, [experts, outputs, inputs / 32], scales),
            ];
        }
    }

    [Fact]
    public async Task Deepseek_v3_in_8_bit_floats_with_scales_computes_what_it_stands_for()
    {
        string golden = GoldenCase.Of("deepseek_v3").Folder;
        Dictionary<string, float[]> values = [];
        string packed = await _forms.FolderAsync(golden, Pack, config => config["quantization_config"] = new JsonObject
        {
            ["quant_method"] = "fp8",
            ["fmt"] = "e4m3",
            ["activation_scheme"] = "dynamic",
            ["weight_block_size"] = new JsonArray(128, 128),
        });
        string plain = await _forms.FolderAsync(golden, entry => Expanded(entry, values));
        AssertSame(plain, packed);

        IReadOnlyList<TensorSource>? Pack(TensorEntry entry)
        {
            if (!entry.Name.Contains("_proj", StringComparison.Ordinal) || entry.Shape.Length != 2)
            {
                return null;
            }

            byte[] codes = new byte[entry.ElementCount];
            _random.NextBytes(codes);
            codes = Array.ConvertAll(codes, code => (byte)(code & 0xBF)); // below 2, and no NaN
            float scale = 0.1f + (0.1f * _random.NextSingle());
            float[] expanded = values[entry.Name] = new float[codes.Length];
            BlockScales.Expand(codes, expanded);
            for (int i = 0; i < expanded.Length; i++)
            {
                expanded[i] *= scale;
            }

            return
            [
                TensorSource.FromBytes(entry.Name, ElementType.F8_E4M3, entry.Shape, codes),
                TensorSource.FromBytes(
                    entry.Name + "_scale_inv", ElementType.F32, [1, 1], MemoryMarshal.AsBytes<float>(new[] { scale }).ToArray()),
            ];
        }
    }

    [Fact]
    public void Codes_of_8_bit_floats_have_the_values_of_their_table()
    {
        float[] values = new float[8];
        BlockScales.Expand([0x00, 0x01, 0x07, 0x08, 0x38, 0xBC, 0x7E, 0x80], values);
        Assert.Equal([0f, 1 / 512f, 7 / 512f, 1 / 64f, 1f, -1.5f, 448f, -0f], values);
        BlockScales.Expand([0x7F, 0xFF], values);
        Assert.All(values[..2], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Each_block_of_128_by_128_has_a_scale_of_its_own()
    {
        float[] values = new float[3 * 130];
        Array.Fill(values, 1);
        for (int row = 0; row < 3; row++)
        {
            BlockScales.Apply(values.AsSpan(row * 130, 130), 127 + row, first: 0, columns: 130, [2, 3, 5, 7]);
        }

        Assert.Equal([2f, 2, 3, 3], values[126..130]);
        Assert.Equal([5f, 5, 7, 7], values[256..260]);
        Assert.Equal([5f, 5, 7, 7], values[386..390]);
    }

    [Theory]
    [InlineData("deepseek_v2")]
    [InlineData("deepseek_v3")]
    public async Task Gguf_files_that_hold_keys_and_values_apart_compute_the_same(string name)
    {
        string golden = GoldenCase.Of(name).Twins.First().File;
        const int Heads = 4, Plain = 16, Values = 16, Latent = 32;
        using GgufModel model = GgufModel.Open(golden);
        string split = await _forms.GgufAsync(golden, Split, metadata =>
        {
            // The lengths in the latent space; those of the heads stand beside them.
            metadata["deepseek2.attention.key_length_mla"] = metadata["deepseek2.attention.key_length"];
            metadata["deepseek2.attention.value_length_mla"] = metadata["deepseek2.attention.value_length"];
            metadata["deepseek2.attention.key_length"] = (uint)(Latent + 8);
            metadata["deepseek2.attention.value_length"] = (uint)Latent;
            metadata["deepseek2.attention.head_count_kv"] = 1u;
        });
        AssertSame(golden, split);

        IReadOnlyList<TensorSource>? Split(TensorEntry entry)
        {
            if (!entry.Name.EndsWith("attn_kv_b.weight", StringComparison.Ordinal))
            {
                return null;
            }

            float[] both = model.Checkpoint.ReadSingles(entry), keys = new float[Heads * Latent * Plain];
            float[] values = new float[Heads * Values * Latent];
            for (int i = 0; i < both.Length; i++)
            {
                (int head, int row, int column) = (i / Latent / (Plain + Values), i / Latent % (Plain + Values), i % Latent);
                if (row < Plain)
                {
                    keys[(((head * Latent) + column) * Plain) + row] = both[i];
                }
                else
                {
                    values[(((head * Values) + row - Plain) * Latent) + column] = both[i];
                }
            }

            string prefix = entry.Name[..^"kv_b.weight".Length];
            return
            [
                TensorSource.FromSingles(prefix + "k_b.weight", ElementType.F32, [Heads, Latent, Plain], keys),
                TensorSource.FromSingles(prefix + "v_b.weight", ElementType.F32, [Heads, Values, Latent], values),
            ];
        }
    }

    [Fact]
    public async Task Gguf_files_that_hold_each_expert_apart_compute_the_same()
    {
        string golden = GoldenCase.Of("mixtral").Twins.First().File;
        using GgufModel model = GgufModel.Open(golden);
        AssertSame(golden, await _forms.GgufAsync(golden, Split, _ => { }));

        IReadOnlyList<TensorSource>? Split(TensorEntry entry)
        {
            if (!entry.Name.EndsWith("_exps.weight", StringComparison.Ordinal))
            {
                return null;
            }

            float[] values = model.Checkpoint.ReadSingles(entry);
            long[] shape = [.. entry.Shape.Skip(1)];
            return
            [
                .. values.Chunk(values.Length / (int)entry.Shape[0]).Select((expert, number) => TensorSource.FromSingles(
                    entry.Name.Replace("_exps", $".{number}", StringComparison.Ordinal), ElementType.F32, shape, expert)),
            ];
        }
    }

    private static IReadOnlyList<TensorSource>? Expanded(TensorEntry entry, Dictionary<string, float[]> values) =>
        values.TryGetValue(entry.Name, out float[]? v) ? [TensorSource.FromSingles(entry.Name, ElementType.F32, entry.Shape, v)] : null;

    private static void AssertSame(string expected, string actual)
    {
        using LoadedModel one = new(expected), other = new(actual);
        float[] logits = one.Logits(Text);
        Assert.All(logits, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(MemoryMarshal.Cast<float, int>(logits).ToArray(), MemoryMarshal.Cast<float, int>(other.Logits(Text)).ToArray());
    }
}
