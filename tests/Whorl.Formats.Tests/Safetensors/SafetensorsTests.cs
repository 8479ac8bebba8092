using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Formats.Tests.Safetensors;

public sealed class SafetensorsTests : IDisposable
{
    private const string TwoTensors = """
        {
          "__metadata__": {"format": "pt"},
          "b": {"dtype": "F32", "shape": [2, 1], "data_offsets": [2, 10]},
          "a": {"dtype": "BF16", "shape": [], "data_offsets": [0, 2]}
        }
        """;

    private readonly TemporaryFolder _folder = new();

    /// <summary>A header and its data's length, with a part of what must be said of it.</summary>
    public static TheoryData<string, int, string> Malformed => new()
    {
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "truncated" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "belong to no tensor" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "end before they begin" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "does not fill" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "belong to no tensor" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "overlap" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2, "overlap" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "no tensor" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "twice" },
        { """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}""", 4, "2^63" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4, "does not fill" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "whole numbers" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "whole numbers" },
        { """{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}""", 4, "whole numbers" },
        { """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "whole numbers" },
        { """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "array as shape" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "two data_offsets" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "more than 2" },
        { """{"a":{"dtype":"F32","shape":[1]}}""", 4, "lacks" },
        { """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", 4, "string as dtype" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "dtype twice" },
        { """{"a":[]}""", 0, "object with dtype" },
        { """{"__metadata__":{"x":1}}""", 0, "string as the value" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "twice" },
        { """[]""", 0, "object with an entry" },
        { """{"a":""", 0, "JSON" },
        { """{}x""", 0, "JSON" },
        { """{} {}""", 0, "JSON" },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "JSON" },
        { "", 0, "JSON" },
        { $$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(',', Enumerable.Repeat(1, 33))}}}],"data_offsets":[0,4]}}""", 4, "than 32" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_header_tells_names_types_shapes_and_places()
    {
        string path = _folder.Write("x.safetensors", Samples.Safetensors(TwoTensors, 10));
        SafetensorsHeader header = SafetensorsHeader.Read(path);

        Assert.Equal("pt", header.Metadata["format"]);
        Assert.Equal(["a", "b"], header.Tensors.Select(tensor => tensor.Name));
        TensorEntry b = header.Tensors[1];
        Assert.Equal(ElementType.F32, b.ElementType);
        Assert.Equal([2, 1], b.Shape);
        Assert.Equal(8 + TwoTensors.Length + 2, b.Offset);
        Assert.Equal(8, b.ByteLength);
        Assert.Equal(4, b.RowBytes);
        Assert.Equal(1, header.Tensors[0].ElementCount);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_header_is_refused_with_its_reason(string json, int dataBytes, string reason)
    {
        string path = _folder.Write("x.safetensors", Samples.Safetensors(json, dataBytes));
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => SafetensorsHeader.Read(path));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(path, refused.File);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Theory]
    [InlineData(new byte[0], "at least 8")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0 }, "at least 8")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' }, "truncated")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80, (byte)'{', (byte)'}' }, "allowed")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, (byte)'{', (byte)'}' }, "allowed")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE }, "UTF-8")]
    public void A_file_too_short_or_of_nonsense_is_refused(byte[] bytes, string reason)
    {
        string path = _folder.Write("x.safetensors", bytes);
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => SafetensorsHeader.Read(path));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_type_is_refused_when_it_is_used_and_not_before()
    {
        const string Json = """
            {"odd":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"good":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}
            """;
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(_folder.Write("x.safetensors", Samples.Safetensors(Json, 3)));
        TensorEntry odd = checkpoint.Get("odd");

        checkpoint.Read(checkpoint.Get("good"), new byte[1]);
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => checkpoint.Read(odd, new byte[2]));

        Assert.False(odd.IsSupported);
        Assert.Contains("F4", refused.Message, StringComparison.Ordinal);
        Assert.Contains("odd", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_written_is_read_again()
    {
        string path = _folder.File("x.safetensors");
        TensorSource[] tensors = Samples.Tensors();
        await SafetensorsWriter.WriteAsync(path, tensors, new Dictionary<string, string> { ["made by"] = "a \"test\"" });

        SafetensorsHeader header = SafetensorsHeader.Read(path);
        Assert.Equal("a \"test\"", header.Metadata["made by"]);
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        CheckpointTests.AssertHolds(checkpoint, tensors);
        Assert.All(header.Tensors, tensor => Assert.Equal(0, tensor.Offset % tensor.Type.BlockBytes));
    }

    [Fact]
    public async Task A_tensor_larger_than_a_range_is_written_in_ranges()
    {
        List<(long Offset, int Length)> asked = [];
        TensorSource big = new("big", ElementType.I32, [3, 1 << 18], (offset, span) =>
        {
            asked.Add((offset, span.Length));
            span.Fill((byte)(offset >> 20));
        });
        string path = _folder.File("x.safetensors");
        await SafetensorsWriter.WriteAsync(path, [big]);

        Assert.Equal([(0, 1 << 20), (1 << 20, 1 << 20), (2 << 20, 1 << 20)], asked);
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        byte[] last = new byte[1 << 20];
        checkpoint.Read(checkpoint.Get("big"), 2 << 20, last);
        Assert.All(last.Chunk(1 << 16), chunk => Assert.Equal(2, chunk[^1]));
    }

    [Fact]
    public async Task A_failed_writing_leaves_nothing_behind()
    {
        TensorSource failing = new("x", ElementType.U8, [3], (_, _) => throw new InvalidOperationException("no bytes"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => SafetensorsWriter.WriteAsync(_folder.File("x.safetensors"), [failing]));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task Names_that_stand_twice_and_quantised_types_are_not_written()
    {
        TensorSource one = TensorSource.FromBytes("x", ElementType.U8, [1], new byte[1]);
        TensorSource blocks = TensorSource.FromBytes("y", ElementType.Q8_0, [32], new byte[34]);
        TensorSource reserved = TensorSource.FromBytes("__metadata__", ElementType.U8, [1], new byte[1]);
        await Assert.ThrowsAsync<ArgumentException>(() => SafetensorsWriter.WriteAsync(_folder.File("x"), [one, one]));
        await Assert.ThrowsAsync<ArgumentException>(() => SafetensorsWriter.WriteAsync(_folder.File("x"), [blocks]));
        await Assert.ThrowsAsync<ArgumentException>(() => SafetensorsWriter.WriteAsync(_folder.File("x"), [reserved]));
    }

    [Fact]
    public void Every_reference_file_reads_whole()
    {
        string[] files = Directory.GetFiles(ReferenceData.PathOf("golden"), "*.safetensors", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(file);
            long total = 0;
            foreach (string name in checkpoint.Names)
            {
                TensorEntry entry = checkpoint.Get(name);
                byte[] bytes = new byte[entry.ByteLength];
                checkpoint.Read(entry, bytes);
                total += bytes.Length;
            }

            Assert.Equal(total, checkpoint.BytesRead);
            Assert.InRange(new FileInfo(file).Length - total, 8, SafetensorsHeader.MaxHeaderBytes);
        }
    }
}
