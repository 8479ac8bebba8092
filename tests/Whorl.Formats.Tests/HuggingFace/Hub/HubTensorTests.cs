using System.Text;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Formats.Tests;

public sealed class HubTensorTests : HubTestBase
{
    private readonly byte[] _first = Safetensors(("a.0", 40), ("a.1", 1000), ("b.0", 24), ("b.1", 64));
    private readonly byte[] _second = Safetensors(("c.0", 512));

    [Fact]
    public async Task Only_the_wanted_tensors_are_fetched_and_open_as_a_model()
    {
        AddShards();
        using HubClient client = Client();
        string folder = Temporary.File("mine");

        HubPart part = await client.PullTensorsAsync(
            Reference, folder, _ => name => name.StartsWith("b.", StringComparison.Ordinal) || name == "a.0");

        Assert.Equal(40 + 24 + 64, part.FetchedBytes);
        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(["a.0", "b.0", "b.1"], Present(model));
        Assert.Equal(Contents(_first, "b.1"), Read(model, "b.1"));
        Assert.Equal(Contents(_first, "a.0"), Read(model, "a.0"));
        int header = _second.Length - 512;
        Assert.All(
            Hub.StorageRequests.Where(request => request.Path.Contains("model-00002", StringComparison.Ordinal)),
            request => Assert.True(request.RangeEnd < header));
    }

    [Fact]
    public async Task Shards_in_folders_are_fetched_into_folders()
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model.safetensors.index.json", """{"weight_map": {"a.0": "x/w.safetensors", "a.1": "x/w.safetensors", "b.0": "x/w.safetensors", "b.1": "x/w.safetensors", "c.0": "y/w.safetensors"}}""");
        Hub.Add("x/w.safetensors", _first, isLarge: true);
        Hub.Add("y/w.safetensors", _second, isLarge: true);
        using HubClient client = Client();
        string folder = Temporary.File("mine");

        await client.PullTensorsAsync(Reference, folder, _ => name => name is "a.0" or "c.0");

        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(["a.0", "c.0"], Present(model));
        Assert.Equal(Contents(_second, "c.0"), Read(model, "c.0"));
    }

    [Fact]
    public async Task Neighbours_are_asked_for_in_one_range()
    {
        AddShards();
        using HubClient client = Client();

        await client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => name => name.StartsWith("b.", StringComparison.Ordinal));

        // Of each shard the header's length and the header, and of the first one range of two tensors.
        Assert.Equal(5, Hub.StorageRequests.Count);
        Assert.Equal(24 + 64, Hub.StorageRequests[4].RangeEnd - Hub.StorageRequests[4].RangeStart + 1);
    }

    [Fact]
    public async Task A_range_that_is_cut_goes_on_from_there()
    {
        AddShards();
        int cuts = 0;
        Hub.OnStorage = (request, content) => request.RangeEnd - request.RangeStart > 900 && cuts++ < 2
            ? FakeHub.Content(request, content) with { CutAfter = 10 }
            : null;
        using HubClient client = Client();
        string folder = Temporary.File("mine");

        Assert.Equal(1000, (await client.PullTensorsAsync(Reference, folder, _ => name => name == "a.1")).FetchedBytes);

        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(Contents(_first, "a.1"), Read(model, "a.1"));
    }

    [Fact]
    public async Task A_second_call_fetches_no_tensor_and_another_choice_replaces_the_files()
    {
        AddShards();
        using HubClient client = Client();
        string folder = Temporary.File("mine");
        await client.PullTensorsAsync(Reference, folder, _ => name => name is "a.0" or "c.0");

        Assert.Equal(0, (await client.PullTensorsAsync(Reference, folder, _ => name => name is "a.0" or "c.0")).FetchedBytes);
        Assert.Equal(64, (await client.PullTensorsAsync(Reference, folder, _ => name => name is "b.1")).FetchedBytes);

        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(["b.1"], Present(model));
    }

    [Fact]
    public async Task The_folder_names_every_tensor_of_the_model_and_says_which_were_not_fetched()
    {
        AddShards();
        using HubClient client = Client();
        string folder = Temporary.File("mine");

        await client.PullTensorsAsync(Reference, folder, _ => name => name == "b.0");

        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(["a.0", "a.1", "b.0", "b.1", "c.0"], model.Checkpoint.Names.Order());
        Assert.True(model.Checkpoint.TryGet("c.0", out TensorEntry? absent));
        Assert.Equal((ElementType.F32, 512L, 128L), (absent.ElementType, absent.ByteLength, absent.RowLength));
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Read(model, "c.0"));
        Assert.Contains("was not fetched", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "no number")]
    [InlineData("{\"x\":", "16")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "17")]
    public void What_a_part_keeps_of_the_whole_header_is_checked(string header, string length)
    {
        string json = $"{{\"__metadata__\":{{\"whorl.whole_header\":{System.Text.Json.JsonSerializer.Serialize(header)},"
            + $"\"whorl.whole_data_length\":\"{length}\"}}}}";
        string path = Temporary.Write("part.safetensors", [.. BitConverter.GetBytes((long)json.Length), .. Encoding.UTF8.GetBytes(json)]);

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(path));

        Assert.Contains("part.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_given_up_goes_on_in_the_next_call()
    {
        AddShards();
        Hub.OnStorage = (request, content) => request.RangeEnd - request.RangeStart == 999
            ? FakeHub.Content(request, content) with { CutAfter = 700 }
            : request.RangeEnd - request.RangeStart < 300 && request.RangeStart > 500 ? HubAnswer.Error(503) : null;
        string folder = Temporary.File("mine");
        using (HubClient first = Client())
        {
            await Assert.ThrowsAsync<HubException>(() => first.PullTensorsAsync(Reference, folder, _ => name => name == "a.1"));
        }

        Hub.OnStorage = (_, _) => null;
        using HubClient second = Client();
        Assert.Equal(300, (await second.PullTensorsAsync(Reference, folder, _ => name => name == "a.1")).FetchedBytes);
        using ModelFolder model = ModelFolder.Open(folder);
        Assert.Equal(Contents(_first, "a.1"), Read(model, "a.1"));
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("other")]
    [InlineData("longer")]
    public async Task A_range_that_is_not_the_one_asked_for_is_refused(string how)
    {
        AddShards();
        Hub.OnStorage = (request, content) => how switch
        {
            "whole" => new HubAnswer(200, content),
            "other" => new HubAnswer(206, content[..8]) { Headers = new() { ["Content-Range"] = $"bytes 1-8/{content.Length}" } },
            _ => new HubAnswer(206, content) { Headers = new() { ["Content-Range"] = $"bytes 0-{content.Length - 1}/{content.Length}" } },
        };
        using HubClient client = Client();

        HubException error = await Assert.ThrowsAsync<HubException>(
            () => client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => _ => true));

        Assert.Equal(HubErrorKind.InvalidResponse, error.Kind);
    }

    [Fact]
    public async Task A_header_longer_than_its_file_is_refused_before_memory_is_taken()
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model.safetensors", [0, 0, 0, 0, 0, 0, 0, 0x7F, .. new byte[100]], isLarge: true);
        using HubClient client = Client();
        await Assert.ThrowsAsync<ModelFormatException>(() => client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => _ => true));
    }

    [Fact]
    public async Task No_wanted_tensor_is_an_error()
    {
        AddShards();
        using HubClient client = Client();
        HubException error = await Assert.ThrowsAsync<HubException>(
            () => client.PullTensorsAsync(Reference, Temporary.File("mine"), _ => _ => false));
        Assert.Equal(HubErrorKind.Selection, error.Kind);
    }

    private void AddShards()
    {
        Hub.Add("config.json", "{}");
        Hub.Add("model.safetensors.index.json", """
            {"weight_map":{"a.0":"model-00001-of-00002.safetensors","a.1":"model-00001-of-00002.safetensors",
            "b.0":"model-00001-of-00002.safetensors","b.1":"model-00001-of-00002.safetensors","c.0":"model-00002-of-00002.safetensors"}}
            """);
        Hub.Add("model-00001-of-00002.safetensors", _first, isLarge: true);
        Hub.Add("model-00002-of-00002.safetensors", _second, isLarge: true);
    }

    private static byte[] Safetensors(params (string Name, int Bytes)[] tensors)
    {
        int at = 0;
        var entries = new List<string>();
        foreach ((string name, int bytes) in tensors)
        {
            entries.Add($"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{bytes / 4}],\"data_offsets\":[{at},{at + bytes}]}}");
            at += bytes;
        }

        byte[] json = Encoding.UTF8.GetBytes("{" + string.Join(',', entries) + "}");
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. Bytes(at, seed: at)];
    }

    private byte[] Contents(byte[] file, string name)
    {
        string path = Temporary.Write($"whole-{name}.safetensors", file);
        TensorEntry tensor = SafetensorsHeader.Read(path).Tensors.Single(entry => entry.Name == name);
        return file[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)];
    }

    private static IEnumerable<string> Present(ModelFolder model) =>
        model.Checkpoint.Names.Where(name => model.Checkpoint.TryGet(name, out TensorEntry? tensor) && tensor.IsPresent);

    private static byte[] Read(ModelFolder model, string name)
    {
        Assert.True(model.Checkpoint.TryGet(name, out TensorEntry? tensor));
        Assert.Equal(ElementType.F32, tensor.ElementType);
        byte[] bytes = new byte[tensor.ByteLength];
        model.Checkpoint.Read(tensor, 0, bytes);
        return bytes;
    }
}
