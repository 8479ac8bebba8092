using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Whorl.Formats;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <summary>Which bytes of a checkpoint are read, and how often.</summary>
public sealed class ReadingTests : IDisposable
{
    private static readonly int[] Text = [3, 141, 59, 26, 53, 58, 97, 93];
    private readonly StoredForms _forms = new();

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    public void Dispose() => _forms.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void No_byte_is_read_twice_and_none_of_another_block(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        foreach (string path in golden.Twins.Select(twin => twin.File).Prepend(golden.Folder))
        {
            foreach (CpuBackendOptions options in (CpuBackendOptions[])[new() { Threads = 1 }, new() { Threads = 3, StagingBytes = 0 }])
            {
                using CpuBackend backend = new(options);
                ConcurrentBag<Reading> read = [];
                using ModelSource source = ModelSource.Open(path, (entry, offset, length) => read.Add(new(entry, offset, length)));
                WeightMap map = source.File is GgufModel ? source.Family.GgufWeights(source.Spec) : source.Family.Weights(source.Spec);
                for (int block = 0; block < source.Spec.Blocks.Count; block++)
                {
                    DecoderSpan.Load(source, new BlockRange(block, block), backend).Dispose();
                    Reading[] own = [.. read.Where(r => !map.IsIgnored(r.Entry.Name))]; // what layers share is read by each of them
                    read.Clear();
                    AssertOnce(own);
                    Assert.All(own, r => Assert.DoesNotContain(
                        source.Spec.Blocks.Index(), b => b.Index != block && map.IsOfBlock(r.Entry.Name, b.Index)));
                }

                ModelEnds.Load(source, backend).Dispose();
                AssertOnce(read);
                Assert.DoesNotContain(read, r => source.Spec.Blocks.Index().Any(block => map.IsOfBlock(r.Entry.Name, block.Index)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void However_few_bytes_are_read_at_once_the_logits_are_the_same_bits(string name)
    {
        GoldenCase golden = GoldenCase.Of(name);
        foreach (string path in golden.Twins.Select(twin => twin.File).Prepend(golden.Folder))
        {
            CpuBackendOptions options = new() { Threads = 3, StagingBytes = 0, Activations = ActivationFormat.F32 };
            using LoadedModel whole = new(path), pieces = new(path, options);
            Assert.Equal(
                whole.Logits(Text).Select(BitConverter.SingleToInt32Bits), pieces.Logits(Text).Select(BitConverter.SingleToInt32Bits));
        }
    }

    [SparseFileTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_that_lie_beyond_4_GiB_in_a_tensor_are_those(bool isTransposed)
    {
        const int Stored = 20_000, Columns = 1 << 17, Count = 40; // float16: 5.2 GB, of which the file has the few bytes that are written
        string path = Path.Combine(_forms.Root, "huge.safetensors");
        Random random = new(5);
        Half[] values = new Half[Count * Count];
        using (FileStream file = File.Create(path))
        {
            byte[] header = Encoding.UTF8.GetBytes(new JsonObject
            {
                ["huge.weight"] = new JsonObject
                {
                    ["dtype"] = "F16",
                    ["shape"] = new JsonArray(Stored, Columns),
                    ["data_offsets"] = new JsonArray(0, 2L * Stored * Columns),
                },
            }.ToJsonString());
            file.Write(BitConverter.GetBytes((long)header.Length));
            file.Write(header);
            long start = file.Position;
            file.SetLength(start + (2L * Stored * Columns));
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (Half)random.NextSingle();
                file.Position = start + (2 * (((long)(Stored - Count + (i / Count)) * Columns) + Columns - Count + (i % Count)));
                file.Write(BitConverter.GetBytes(values[i]));
            }
        }

        RowOrder lastRows = RowOrder.Range(Stored - Count, Count, Stored), lastColumns = RowOrder.Range(Columns - Count, Count, Columns);
        WeightMap map = new() { BlockPrefix = "" };
        map["part"] = isTransposed
            ? new WeightSource("huge", lastColumns, Transposed: true) { Inputs = lastRows }
            : new WeightSource("huge", lastRows);
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 2 });
        using Matrix matrix = new WeightLoader(checkpoint, map, backend).Matrix("part", Count, isTransposed ? Count : Columns);
        Assert.InRange(checkpoint.BytesRead, 1, 2L * Count * Columns);
        for (int row = 0; row < Count; row++)
        {
            float[] expected = [.. Enumerable.Range(0, Count).Select(
                i => (float)values[isTransposed ? (i * Count) + row : (row * Count) + i])];
            Assert.Equal(expected, backend.Values(backend.Gather(matrix, [row]))[^Count..]);
        }
    }

    [Fact]
    public void Runs_longer_than_may_be_kept_are_read_where_they_are_asked_for()
    {
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(Path.Combine(GoldenCase.Of("gpt2").Folder, "model.safetensors"));
        TensorEntry entry = checkpoint.Names.Select(checkpoint.Get).MaxBy(e => e.ByteLength)!;
        byte[] expected = new byte[entry.ByteLength], read = new byte[16];
        checkpoint.Read(entry, expected);
        long before = checkpoint.BytesRead;
        CachedSlices cached = new(checkpoint, capacity: 64);
        cached.Get(entry, 32, entry.ByteLength - 32).Read(100, read);
        Assert.Equal(expected[132..148], read.ToArray());
        Assert.Equal(16, checkpoint.BytesRead - before);

        foreach ((long offset, long bytes) in ((long, long)[])[(0, 16 + 40), (0, 16 + 40), (64, 16 + 80), (0, 16 + 120)])
        {
            cached.Get(entry, offset, 40).Read(3, read); // the second comes from memory, the third puts the first out
            Assert.Equal(expected[((int)offset + 3)..((int)offset + 19)], read);
            Assert.Equal(bytes, checkpoint.BytesRead - before);
        }
    }

    private static void AssertOnce(IEnumerable<Reading> read)
    {
        foreach (IGrouping<string, Reading> tensor in read.GroupBy(r => r.Entry.Name))
        {
            long end = 0;
            foreach (Reading r in tensor.OrderBy(r => r.Offset))
            {
                Assert.True(r.Offset >= end, $"{r} begins before {end}");
                end = r.Offset + r.Length;
            }
        }
    }

    private sealed record Reading(TensorEntry Entry, long Offset, long Length);
}
