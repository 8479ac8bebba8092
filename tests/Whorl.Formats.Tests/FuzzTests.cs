using System.Text;

namespace Whorl.Formats.Tests;

public sealed class FuzzTests : IDisposable
{
    private const int Rounds = 2000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Any_damage_to_a_safetensors_file_ends_in_a_model_or_a_format_error(int seed)
    {
        await SafetensorsWriter.WriteAsync(_folder.File("x"), Samples.Tensors(), new Dictionary<string, string> { ["a"] = "b" });
        byte[] file = await File.ReadAllBytesAsync(_folder.File("x"));
        int headerBytes = 8 + (int)BitConverter.ToInt64(file);
        Run(seed, file, headerBytes, _folder.File("damaged"), path => ReadAll(SafetensorsCheckpoint.Open(path)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Any_damage_to_a_gguf_file_ends_in_a_model_or_a_format_error(int seed)
    {
        await GgufWriter.WriteAsync(_folder.File("x"), Samples.Metadata(), Samples.QuantisedTensors());
        byte[] file = await File.ReadAllBytesAsync(_folder.File("x"));
        int headerBytes = (int)GgufHeader.Read(_folder.File("x")).Tensors.Min(tensor => tensor.Offset);
        Run(seed, file, headerBytes, _folder.File("damaged"), path =>
        {
            using GgufModel model = GgufModel.Open(path);
            ReadAll(model.Checkpoint);
        });
    }

    [Fact]
    public async Task Any_damage_to_a_folders_json_ends_in_a_model_or_a_format_error()
    {
        byte[] config = """{"model_type": "llama", "limit": [0.0, Infinity], "text": "a\"\u00e9\ud83c\udf00"}"""u8.ToArray();
        byte[] index = """{"metadata": {"total_size": 4}, "weight_map": {"scalar": "a.safetensors"}}"""u8.ToArray();
        await SafetensorsWriter.WriteAsync(_folder.File("a.safetensors"), [.. Samples.Tensors().Where(tensor => tensor.Name == "scalar")]);
        _folder.Write("config.json", config);
        Run(5, index, index.Length, _folder.File("model.safetensors.index.json"), _ => ModelFile.Open(_folder.Path).Dispose());
        _folder.Write("model.safetensors.index.json", index);
        Run(6, config, config.Length, _folder.File("config.json"), _ => ModelFile.Open(_folder.Path).Dispose());
    }

    [Fact]
    public void A_header_of_nothing_but_tiny_safetensors_entries_keeps_the_bound()
    {
        StringBuilder json = new("{");
        for (int i = 0; i < 20000; i++)
        {
            json.Append(i == 0 ? "" : ",").Append('"').Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }

        Assert.True(Fuzz.Reads(Samples.Safetensors($"{json}}}"), _folder.File("x"), path => SafetensorsHeader.Read(path)));
    }

    [Fact]
    public async Task A_header_of_nothing_but_tiny_gguf_pairs_and_tensors_keeps_the_bound()
    {
        Dictionary<string, object> metadata = Enumerable.Range(0, 20000).ToDictionary(i => $"{i}", i => (object)(byte)i);
        metadata["empty strings"] = Enumerable.Repeat("", 20000).ToArray();
        metadata["short strings"] = Enumerable.Repeat("x", 20000).ToArray();
        metadata["empty arrays"] = Enumerable.Repeat((object)Array.Empty<byte>(), 20000).ToArray();
        TensorSource[] tensors =
            [.. Enumerable.Range(0, 20000).Select(i => new TensorSource($"{i}", Whorl.Tensors.ElementType.F32, [0], (_, _) => { }))];
        await GgufWriter.WriteAsync(_folder.File("x"), metadata, tensors);

        Assert.True(Fuzz.Reads(await File.ReadAllBytesAsync(_folder.File("x")), _folder.File("y"), path => GgufHeader.Read(path)));
    }

    private static void ReadAll(FileCheckpoint checkpoint)
    {
        using (checkpoint)
        {
            byte[] buffer = new byte[1 << 12];
            foreach (string name in checkpoint.Names)
            {
                TensorEntry entry = checkpoint.Get(name);
                checkpoint.Read(entry, 0, buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.ByteLength)));
            }
        }
    }

    private static void Run(int seed, byte[] file, int headerBytes, string path, Action<string> read)
    {
        Random random = new(seed);
        int wereRead = 0;
        for (int round = 0; round < Rounds; round++)
        {
            wereRead += Fuzz.Reads(Fuzz.Damage(random, file, headerBytes), path, read) ? 1 : 0;
        }

        // Most damage is found and some is harmless; were it all one or the other, the damage would not be worth much.
        Assert.InRange(wereRead, Rounds / 200, Rounds * 9 / 10);
    }
}
