using Whorl.Kernels.Cpu;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Models.Tests;

/// <summary>What decides the bytes, as a text that two servers can compare.</summary>
public sealed class SpanContractTests : IDisposable
{
    private const string Text = """
        activations q8
        adapter none
        boundary bf16
        cache f32
        kernels cpu-1
        model 6f0c
        weights stored
        block 2 00000000000000000000000000000007
        block 10 ffffffffffffffffffffffffffffffff

        """;

    private readonly CpuBackend _backend = new();
    private readonly ModelSource _bard = ModelSource.Open(Path.Combine(ReferenceData.Checkout, "models", "bard"));

    private static readonly SpanContract Some = new("6f0c", ActivationFormat.Q8, BoundaryFormat.BF16)
    {
        Blocks = new Dictionary<int, UInt128> { [10] = UInt128.MaxValue, [2] = 7 },
    };

    public void Dispose()
    {
        _bard.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void The_text_is_the_golden_one_and_is_read_again()
    {
        Assert.Equal(Text, Some.Text);
        Assert.Equal(Some, SpanContract.Parse(Text));
        Assert.Equal(Text, SpanContract.Parse(Text).Text);
    }

    [Theory]
    [InlineData("activations q8", "activations q4", "'activations q4'")]
    [InlineData("cache f32", "cache f16", "'cache f16'")]
    [InlineData("cache f32", "cache F32", "'cache F32'")]
    [InlineData("kernels cpu-1", "kernels cuda-1", "'kernels cuda-1'")]
    [InlineData("weights stored", "weights int8", "'weights int8'")]
    [InlineData("adapter none", "adapter 5e", "'adapter 5e'")]
    [InlineData("weights stored", "weights stored\nzeal 1", "'zeal 1'")]
    [InlineData("boundary bf16", "boundary bf16\nboundary bf16", "'boundary bf16'")]
    [InlineData("boundary bf16\n", "", "")]
    [InlineData("model 6f0c", "model", "'model'")]
    [InlineData("model 6f0c", "model \u001b[31m", "")]
    [InlineData("block 2 0", "block 02 0", "'block 02 0")]
    [InlineData("block 2 0", "block -2 0", "'block -2 0")]
    [InlineData("block 2 0", "block 11 0", "")]
    [InlineData("fffff\n", "fffff", "")]
    [InlineData("fffff\n", "ffff\n", "'block 10 ffff")]
    public void A_field_a_value_or_a_spelling_that_is_not_known_is_refused_by_name(string known, string other, string named)
    {
        FormatException error = Assert.Throws<FormatException>(() => SpanContract.Parse(Text.Replace(known, other, StringComparison.Ordinal)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_blocks_than_any_model_has_are_refused()
    {
        SpanContract many = Some with { Blocks = Enumerable.Range(0, SpanContract.MaxBlocks).ToDictionary(i => i, i => (UInt128)i) };
        Assert.Equal(many, SpanContract.Parse(many.Text));
        Assert.Throws<FormatException>(() => SpanContract.Parse(many.Text + $"block {SpanContract.MaxBlocks} {new string('0', 32)}\n"));
    }

    [Fact]
    public void Any_text_gives_a_contract_or_a_format_error()
    {
        int accepted = 0;
        foreach (byte[] bytes in Fuzz.Mutations(System.Text.Encoding.UTF8.GetBytes(Text), 5000, new Random(3)))
        {
            string text = System.Text.Encoding.UTF8.GetString(bytes);
            accepted += Fuzz.Accepts<FormatException>(() => Assert.Equal(text, SpanContract.Parse(text).Text)) ? 1 : 0;
        }

        Assert.True(accepted > 10);
    }

    [Fact]
    public void Contracts_agree_where_all_that_both_say_is_the_same()
    {
        Assert.Null(Some.Disagreement(Some with { Blocks = new Dictionary<int, UInt128> { [3] = 9, [10] = UInt128.MaxValue } }));
        Assert.Equal(("block 2 " + new string('0', 31) + "7", "block 2 " + new string('0', 31) + "8"), Some.Disagreement(Some with { Blocks = new Dictionary<int, UInt128> { [2] = 8 } }));
        Assert.Equal(("kernels cpu-1", "kernels other"), Some.Disagreement(Some with { Kernels = "other" }));
        Assert.Equal(("model 6f0c", "model 6f0d"), Some.Disagreement(Some with { Fingerprint = "6f0d" }));
        SpanContract joined = Some.With(Some with { Blocks = new Dictionary<int, UInt128> { [3] = 9 } });
        Assert.Equal([2, 3, 10], joined.Blocks.Keys);
        Assert.Equal([3, 10], joined.Of(new BlockRange(3, 10)).Blocks.Keys);
    }

    [Fact]
    public void A_block_has_the_same_digest_whatever_else_a_span_holds_and_whoever_reads_it()
    {
        using CpuBackend scarce = new(new CpuBackendOptions { Threads = 3, StagingBytes = 0 });
        SpanContract all = ContractOf(_bard, 0, 3, _backend), middle = ContractOf(_bard, 1, 2, scarce);
        Assert.Equal([0, 1, 2, 3], all.Blocks.Keys);
        Assert.Equal(4, all.Blocks.Values.Distinct().Count());
        Assert.Null(all.Disagreement(middle));
        Assert.Equal((all.Blocks[1], all.Blocks[2]), (middle.Blocks[1], middle.Blocks[2]));
        Assert.Equal("ffab8708ed1e2baf587b19c4ce425ddf", all.Blocks[0].ToString("x32")); // golden: what other versions say of this block
    }

    [Fact]
    public void One_value_that_differs_is_told_by_its_block_alone()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-contract-").FullName;
        try
        {
            foreach (string file in Directory.GetFiles(_bard.File.Path))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            ChangeTensor(folder, "model.layers.2.mlp.up_proj.weight");
            using ModelSource other = ModelSource.Open(folder);
            SpanContract own = ContractOf(_bard, 0, 3, _backend), theirs = ContractOf(other, 0, 3, _backend);
            Assert.Equal(own.Fingerprint, theirs.Fingerprint); // the same names and shapes
            Assert.StartsWith("block 2 ", own.Disagreement(theirs)!.Value.Own, StringComparison.Ordinal);
            Assert.Equal([2], own.Blocks.Keys.Where(block => own.Blocks[block] != theirs.Blocks[block]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SpanContract ContractOf(ModelSource source, int first, int last, CpuBackend backend)
    {
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(first, last), backend);
        return span.Contract;
    }

    /// <summary>Flips the lowest bit of a tensor's first value.</summary>
    private static void ChangeTensor(string folder, string name)
    {
        using ModelSource source = ModelSource.Open(folder);
        long offset = source.BlockTensors(2).Single(t => t.Name == name).Offset;
        using FileStream file = File.Open(Path.Combine(folder, "model.safetensors"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
