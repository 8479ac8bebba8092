using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Formats.Tests;

public sealed class HubGgufTests : HubTestBase
{
    private const int Alignment = 32;

    // More than the first range of a header that is asked for.
    private static readonly string[] Tokens = [.. Enumerable.Range(0, 40_000).Select(i => $"token {i}")];

    [Fact]
    public async Task Only_the_header_and_the_wanted_tensors_are_fetched()
    {
        byte[] file = await MakeAsync("model.gguf", [], ("a", 40), ("b", 100_000), ("c", 24), ("d", 8));
        Hub.Add("model.gguf", file, isLarge: true);
        using HubClient client = Client();

        HubPart part = await client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => name => name is "a" or "c");

        Assert.Equal(64 + 32, part.FetchedBytes);
        using GgufModel model = GgufModel.Open(part.ModelPath);
        Assert.Equal(["a", "b", "c", "d"], model.Checkpoint.Names.Order());
        Assert.Equal(Read(file, "a"), Read(part.ModelPath, "a"));
        Assert.Equal(Read(file, "c"), Read(part.ModelPath, "c"));
        Assert.Equal(Tokens, model.Metadata.GetStrings("tokenizer.ggml.tokens"));
        TensorEntry absent = model.Checkpoint.Get("b");
        Assert.Equal((false, ElementType.F32, 100_000L), (absent.IsPresent, absent.ElementType, absent.ByteLength));
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Read(part.ModelPath, "b"));
        Assert.Contains("was not fetched", error.Message, StringComparison.Ordinal);
        long header = Hub.StorageRequests.TakeWhile(request => request.RangeStart < HeaderBytes(file)).Sum(Length);
        Assert.InRange(header, HeaderBytes(file), 2 * HeaderBytes(file));
        Assert.Equal(header + 64 + 32, Hub.StorageRequests.Sum(Length));
    }

    [Fact]
    public async Task Nothing_of_a_part_lies_in_the_cache_that_other_tools_share()
    {
        Hub.Add("model.gguf", await MakeAsync("model.gguf", [], ("a", 40)), isLarge: true);
        using HubClient client = Client();

        await client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => _ => true);

        Assert.Null(client.FindCached(Reference));
        Assert.False(Directory.Exists(CacheFolder));
    }

    [Fact]
    public async Task Of_a_split_model_every_part_is_there_and_names_its_tensors()
    {
        byte[] first = await MakeAsync("x.gguf", [new("split.no", 0), new("split.count", 2), new("split.tensors.count", 2)], ("a", 40));
        byte[] second = await MakeAsync("y.gguf", [new("split.no", 1), new("split.count", 2)], ("b", 64));
        Hub.Add("Q8_0/m-00001-of-00002.gguf", first, isLarge: true);
        Hub.Add("Q8_0/m-00002-of-00002.gguf", second, isLarge: true);
        using HubClient client = Client();
        string folder = Temporary.File("mine");

        HubPart part = await client.PullTensorsAsync(Reference, folder, _ => name => name == "b");

        Assert.Equal(Path.Combine(folder, "m-00001-of-00002.gguf"), part.ModelPath);
        Assert.Equal(part.ModelPath, HubClient.FindPart(folder));
        Assert.Equal(Read(second, "b"), Read(part.ModelPath, "b"));
        using GgufModel model = GgufModel.Open(part.ModelPath);
        Assert.False(model.Checkpoint.Get("a").IsPresent);
        File.Delete(Path.Combine(folder, "m-00002-of-00002.gguf"));
        Assert.Null(HubClient.FindPart(folder));
    }

    [Fact]
    public async Task Who_chooses_is_given_a_model_without_tensors_and_may_want_none()
    {
        byte[] file = await MakeAsync("model.gguf", [], ("a", 40), ("b", 64));
        Hub.Add("model.gguf", file, isLarge: true);
        using HubClient client = Client();
        string[] names = [];

        HubPart part = await client.PullTensorsAsync(Reference, Temporary.File("mine"), path =>
        {
            using GgufModel model = GgufModel.Open(path);
            names = [.. model.Checkpoint.Names];
            return null;
        });

        Assert.Equal(["a", "b"], names);
        Assert.Equal(0, part.FetchedBytes);
        using GgufModel headers = GgufModel.Open(part.ModelPath);
        Assert.All(headers.Checkpoint.Names, name => Assert.False(headers.Checkpoint.Get(name).IsPresent));
    }

    [Fact]
    public async Task A_download_that_was_cut_goes_on_and_a_second_one_fetches_no_tensor()
    {
        byte[] file = await MakeAsync("model.gguf", [], ("a", 4000), ("b", 64));
        Hub.Add("model.gguf", file, isLarge: true);
        Hub.OnStorage = (request, content) => request.RangeStart < HeaderBytes(file) ? null
            : Length(request) == 4000 ? FakeHub.Content(request, content) with { CutAfter = 1000 } : HubAnswer.Error(503);
        string folder = Temporary.File("mine");
        using (HubClient first = Client())
        {
            await Assert.ThrowsAsync<HubException>(() => first.PullTensorsAsync(Reference, folder, _ => name => name == "a"));
        }

        Assert.Null(HubClient.FindPart(folder));
        Hub.OnStorage = (_, _) => null;
        using HubClient second = Client();
        Assert.Equal(3000, (await second.PullTensorsAsync(Reference, folder, _ => name => name == "a")).FetchedBytes);
        Assert.Equal(0, (await second.PullTensorsAsync(Reference, folder, _ => name => name == "a")).FetchedBytes);
    }

    [Fact]
    public async Task A_header_that_the_file_has_no_room_for_is_refused()
    {
        byte[] file = await MakeAsync("model.gguf", [], ("a", 40));
        BitConverter.TryWriteBytes(file.AsSpan(16), ulong.MaxValue); // metadata pairs
        Hub.Add("model.gguf", file, isLarge: true);
        using HubClient client = Client();

        await Assert.ThrowsAsync<ModelFormatException>(() => client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => null));

        Assert.Single(Hub.StorageRequests);
    }

    [Fact]
    public async Task Whatever_a_part_keeps_of_the_whole_header_it_reads_or_is_refused()
    {
        Hub.Add("model.gguf", await MakeAsync("model.gguf", [], ("a", 40), ("b", 64)), isLarge: true);
        using HubClient client = Client();
        string path = (await client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => name => name == "b")).ModelPath;
        byte[] bytes = await File.ReadAllBytesAsync(path);
        int start = bytes.AsSpan().IndexOf("whorl.source"u8);
        Random random = new(5);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. bytes];
            random.NextBytes(damaged.AsSpan(start + random.Next(bytes.Length - start), 1));
            Fuzz.Reads(damaged, Temporary.File("damaged.gguf"), damagedPath => GgufHeader.Read(damagedPath));
        }
    }

    private static long Length(HubRequest request) => request.RangeEnd!.Value - request.RangeStart!.Value + 1;

    private long HeaderBytes(byte[] file) => GgufHeader.Read(Temporary.Write("measured.gguf", file)).Tensors.Min(tensor => tensor.Offset);

    private async Task<byte[]> MakeAsync(string name, KeyValuePair<string, object>[] more, params (string Name, int Bytes)[] tensors)
    {
        KeyValuePair<string, object>[] metadata =
            [new("general.architecture", "test"), new("general.alignment", Alignment), new("tokenizer.ggml.tokens", Tokens), .. more];
        string path = Temporary.File("whole-" + name);
        await GgufWriter.WriteAsync(path, metadata, [.. tensors.Select(tensor =>
            TensorSource.FromBytes(tensor.Name, ElementType.F32, [tensor.Bytes / 4], Bytes(tensor.Bytes, seed: tensor.Bytes)))]);
        return await File.ReadAllBytesAsync(path);
    }

    private byte[] Read(byte[] file, string name)
    {
        TensorEntry entry = GgufHeader.Read(Temporary.Write("read.gguf", file)).Tensors.Single(tensor => tensor.Name == name);
        return file[(int)entry.Offset..(int)(entry.Offset + entry.ByteLength)];
    }

    private static byte[] Read(string path, string name)
    {
        using GgufModel model = GgufModel.Open(path);
        byte[] bytes = new byte[model.Checkpoint.Get(name).ByteLength];
        model.Checkpoint.Read(model.Checkpoint.Get(name), bytes);
        return bytes;
    }
}
