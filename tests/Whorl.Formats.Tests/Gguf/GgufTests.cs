using System.Buffers.Binary;
using System.Text;
using Whorl.Testing;

namespace Whorl.Formats.Tests.Gguf;

public sealed class GgufTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_is_read_again()
    {
        string path = _folder.File("x.gguf");
        TensorSource[] tensors = Samples.QuantisedTensors();
        await GgufWriter.WriteAsync(path, Samples.Metadata(), tensors);

        using GgufModel model = GgufModel.Open(path);
        Assert.Equal(Samples.Metadata().Keys, model.Metadata.Keys);
        foreach ((string key, object value) in Samples.Metadata())
        {
            Assert.Equal(value.GetType(), model.Metadata[key].GetType());
            Assert.Equal(value, model.Metadata[key]);
        }

        CheckpointTests.AssertHolds(model.Checkpoint, tensors);
        GgufHeader header = GgufHeader.Read(path);
        Assert.Equal(3, header.Version);
        Assert.Equal(tensors.Select(tensor => tensor.Name), header.Tensors.Select(tensor => tensor.Name));
        Assert.All(header.Tensors, tensor => Assert.Equal(0, tensor.Offset % 32));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(4096)]
    public async Task An_alignment_of_the_files_own_is_heeded(int alignment)
    {
        string path = _folder.File("x.gguf");
        await GgufWriter.WriteAsync(path, [new("general.alignment", (uint)alignment)], Samples.QuantisedTensors());

        GgufHeader header = GgufHeader.Read(path);
        Assert.Equal(alignment, header.Alignment);
        Assert.All(header.Tensors, tensor => Assert.Equal(0, tensor.Offset % alignment));
        using GgufModel model = GgufModel.Open(path);
        CheckpointTests.AssertHolds(model.Checkpoint, Samples.QuantisedTensors());
    }

    [Fact]
    public async Task Version_2_is_read_and_others_are_refused_with_their_number()
    {
        byte[] bytes = await WriteAsync();
        bytes[4] = 2;
        Assert.Equal(2, GgufHeader.Read(_folder.Write("2.gguf", bytes)).Version);

        bytes[4] = 1;
        Assert.Contains("version 1", Refusal(bytes), StringComparison.Ordinal);
        bytes[4] = 4;
        Assert.Contains("version 4", Refusal(bytes), StringComparison.Ordinal);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), 3);
        Assert.Contains("big-endian", Refusal(bytes), StringComparison.Ordinal);
        bytes[0] = (byte)'g';
        Assert.Contains("GGUF", Refusal(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_file_is_told_with_the_tensor_that_lacks_bytes()
    {
        byte[] bytes = await WriteAsync();
        string reason = Refusal(bytes[..^64]);
        Assert.Contains("truncated", reason, StringComparison.Ordinal);
        Assert.Contains("'q6_k'", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_type_is_refused_when_it_is_used_and_not_before()
    {
        byte[] bytes = await WriteAsync();
        WriteInfo(bytes, "blk.0.attn_q.weight", 20, 31u);
        using GgufModel model = GgufModel.Open(_folder.Write("y.gguf", bytes));
        TensorEntry odd = model.Checkpoint.Get("blk.0.attn_q.weight");

        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => model.Checkpoint.Read(odd, 0, new byte[2]));
        Assert.Contains("'blk.0.attn_q.weight'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("GGML 31", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_that_overlap_or_lie_askew_are_refused()
    {
        byte[] bytes = await WriteAsync();
        WriteInfo(bytes, "blk.0.attn_q.weight", 24, 64ul);
        Assert.Contains("overlap", Refusal(bytes), StringComparison.Ordinal);
        WriteInfo(bytes, "blk.0.attn_q.weight", 24, 1281ul);
        Assert.Contains("alignment", Refusal(bytes), StringComparison.Ordinal);
        WriteInfo(bytes, "blk.0.attn_q.weight", 24, ulong.MaxValue - 31);
        Assert.Contains("behind the file's end", Refusal(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 62)]
    public async Task A_shape_beyond_all_bounds_is_refused(ulong size)
    {
        byte[] bytes = await WriteAsync();
        WriteInfo(bytes, "blk.0.attn_q.weight", 12, size);
        Assert.Contains("'blk.0.attn_q.weight'", Refusal(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public async Task Counts_of_more_than_can_follow_are_refused(int offset)
    {
        foreach (ulong count in (ulong[])[ulong.MaxValue, 1ul << 63, 1ul << 40, 1ul << 20])
        {
            byte[] bytes = await WriteAsync();
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), count);
            Assert.Contains("cannot follow", Refusal(bytes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_and_names_that_stand_twice_are_refused()
    {
        byte[] bytes = await WriteAsync();
        Encoding.ASCII.GetBytes("i16").CopyTo(bytes, bytes.AsSpan().IndexOf("u16"u8));
        Assert.Contains("'i16'", Refusal(bytes), StringComparison.Ordinal);

        bytes = await WriteAsync();
        Encoding.ASCII.GetBytes("blk.0.attn_k.weight").CopyTo(bytes, bytes.AsSpan().IndexOf("blk.0.attn_q.weight"u8));
        Assert.Contains("'blk.0.attn_k.weight'", Refusal(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_model_is_one_whichever_part_is_given()
    {
        TensorSource[] tensors = Samples.QuantisedTensors();
        await WritePartsAsync(tensors, 3);
        for (int part = 1; part <= 3; part++)
        {
            using GgufModel model = GgufModel.Open(_folder.File($"m-0000{part}-of-00003.gguf"));
            Assert.Equal(_folder.File("m-00001-of-00003.gguf"), model.Path);
            Assert.Equal("llama", model.Metadata.Architecture);
            CheckpointTests.AssertHolds(model.Checkpoint, tensors);
        }
    }

    [Fact]
    public async Task A_missing_or_strange_part_is_named()
    {
        await WritePartsAsync(Samples.QuantisedTensors(), 3);
        string first = _folder.File("m-00001-of-00003.gguf");
        string second = _folder.File("m-00002-of-00003.gguf");
        byte[] bytes = await File.ReadAllBytesAsync(second);

        File.Delete(second);
        Assert.Equal(second, Assert.Throws<ModelFormatException>(() => GgufModel.Open(first)).File);
        File.Copy(first, second);
        Assert.Equal(second, Assert.Throws<ModelFormatException>(() => GgufModel.Open(first)).File);
        string elsewhere = _folder.Write("renamed.gguf", bytes);
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => GgufModel.Open(elsewhere));
        Assert.Contains("-of-00003", refused.Message, StringComparison.Ordinal);
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf")]
    public void The_real_models_metadata_are_read()
    {
        using GgufModel model = GgufModel.Open(ReferenceData.PathOf("models", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        Assert.Equal("llama", model.Metadata.Architecture);
        Assert.Equal(30, model.Metadata.GetInt32(model.Metadata.ArchitectureKey("block_count")));
        string[] tokens = model.Metadata.GetStrings("tokenizer.ggml.tokens");
        Assert.Equal(49152, tokens.Length);
        Assert.Equal(49152, tokens.Distinct().Count());
        Assert.Equal(49152, model.Metadata.GetInt32s("tokenizer.ggml.token_type").Length);
        Assert.NotEmpty(model.Metadata.GetStrings("tokenizer.ggml.merges"));

        TensorEntry embeddings = model.Checkpoint.Get("token_embd.weight");
        Assert.Equal([49152, 576], embeddings.Shape);
        float[] row = new float[576];
        model.Checkpoint.ReadSingles(embeddings, 17L * 576, row);
        Assert.Contains(row, value => value != 0);
        Assert.Equal(embeddings.RowBytes, model.Checkpoint.BytesRead);
    }

    [Fact]
    public void Every_reference_file_reads_whole()
    {
        string[] files =
        [
            .. Directory.GetFiles(ReferenceData.PathOf("golden"), "*.gguf", SearchOption.AllDirectories),
            ReferenceData.PathOf("models", "bard.Q8_0.gguf"),
        ];
        foreach (string file in files)
        {
            using GgufModel model = GgufModel.Open(file);
            Assert.NotEmpty(model.Metadata.Architecture);
            foreach (string name in model.Checkpoint.Names)
            {
                float[] values = model.Checkpoint.ReadSingles(model.Checkpoint.Get(name));
                Assert.All(values, value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    private async Task<byte[]> WriteAsync()
    {
        await GgufWriter.WriteAsync(_folder.File("x.gguf"), Samples.Metadata(), Samples.QuantisedTensors());
        return await File.ReadAllBytesAsync(_folder.File("x.gguf"));
    }

    private async Task WritePartsAsync(TensorSource[] tensors, int count)
    {
        for (int part = 0; part < count; part++)
        {
            Dictionary<string, object> metadata = new()
            {
                ["split.no"] = (ushort)part,
                ["split.count"] = (ushort)count,
                ["split.tensors.count"] = tensors.Length,
            };
            if (part == 0)
            {
                metadata["general.architecture"] = "llama";
            }

            await GgufWriter.WriteAsync(
                _folder.File($"m-{part + 1:D5}-of-{count:D5}.gguf"), metadata, [.. tensors.Where((_, i) => i % count == part)]);
        }
    }

    private string Refusal(byte[] bytes)
    {
        string path = _folder.Write("bad.gguf", bytes);
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => GgufHeader.Read(path));
        Assert.Equal(path, refused.File);
        return refused.Message;
    }

    /// <summary>Overwrites a number of a two-dimensional tensor's info, counted from the end of its name.</summary>
    private static void WriteInfo(byte[] file, string name, int offset, object value)
    {
        int at = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name)) + name.Length + offset;
        if (value is uint small)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), small);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), (ulong)value);
        }
    }
}
