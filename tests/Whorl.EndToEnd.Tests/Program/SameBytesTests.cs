using System.Text.Json;
using Whorl.EndToEnd.Tests.Models;
using Whorl.Formats;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>The same seed gives the same text, and the same bytes at every block boundary, however the model is computed.</summary>
public sealed class SameBytesTests
{
    private static readonly string[] Unseeded = ["bard", "JULIET.\n", "--json", "--temperature", "1.1", "--top-p", "0.9", "-n", "60", "--ignore-eos"];
    private static readonly string[] Sampled = [.. Unseeded, "--seed", "42"];

    [Fact]
    public async Task A_sampled_text_is_the_same_with_any_threads_and_through_servers()
    {
        JsonElement one = (await WhorlProcess.RunAsync(["run", .. Sampled, "--threads", "1"])).Json;
        JsonElement two = (await WhorlProcess.RunAsync(["run", .. Sampled, "--threads", "2"])).Json;
        JsonElement three = (await WhorlProcess.RunAsync(["run", .. Sampled, "--threads", "3"])).Json;
        JsonElement demo = (await WhorlProcess.RunAsync(["demo", .. Sampled, "--servers", "2"])).Json;
        foreach (JsonElement other in (JsonElement[])[two, three, demo])
        {
            Assert.Equal(one.GetProperty("text").GetString(), other.GetProperty("text").GetString());
            Assert.Equal(SmolLm2.Numbers(one, "ids"), SmolLm2.Numbers(other, "ids"));
        }

        JsonElement otherwise = (await WhorlProcess.RunAsync(["run", .. Unseeded, "--seed", "43"])).Json;
        Assert.NotEqual(one.GetProperty("text").GetString(), otherwise.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Servers_of_any_split_given_in_any_order_compute_the_local_bytes()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-").FullName;
        (WhorlProcess first, string firstAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..0", "--threads", "1");
        (WhorlProcess second, string secondAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "1..5", "--threads", "1");
        try
        {
            string servers = $"{secondAddress},{firstAddress}", local = Path.Combine(folder, "local.safetensors"), remote = Path.Combine(folder, "remote.safetensors");
            Assert.Equal(0, (await WhorlProcess.RunAsync("trace", "bard", "Once more unto the breach", "--out", local)).Code);
            Assert.Equal(0, (await WhorlProcess.RunAsync("trace", "bard", "Once more unto the breach", "--out", remote, "--servers", servers)).Code);
            Assert.Equal(await File.ReadAllBytesAsync(local), await File.ReadAllBytesAsync(remote));

            string text = (await WhorlProcess.RunAsync(["run", .. Sampled])).Json.GetProperty("text").GetString()!;
            Assert.Equal(text, (await WhorlProcess.RunAsync(["run", .. Sampled, "--servers", servers])).Json.GetProperty("text").GetString());
        }
        finally
        {
            await first.DisposeAsync();
            await second.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_model_without_a_tokenizer_is_given_ids_and_writes_ids()
    {
        string model = ReferenceData.PathOf("golden", "models", "llama3");
        using FileCheckpoint expected = SafetensorsCheckpoint.Open(Path.Combine(model, "expected.safetensors"));
        string prompt = string.Join(',', Ids(expected, "a.input_ids"));
        int[] greedy = Ids(expected, "a.greedy");
        JsonElement json = (await WhorlProcess.RunAsync(
            "demo", model, "--prompt-ids", prompt, "--json", "-t", "0", "-n", $"{greedy.Length}", "--ignore-eos", "--activations", "f32", "--servers", "2")).Json;
        Assert.Equal(greedy, SmolLm2.Numbers(json, "ids"));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("text").ValueKind);
        Assert.True(json.GetProperty("same_as_local").GetBoolean());
    }

    [Fact]
    public async Task A_chat_is_put_into_the_model_s_own_template()
    {
        JsonElement golden = JsonDocument.Parse(await File.ReadAllTextAsync(ReferenceData.PathOf("golden", "bard", "expected.json")))
            .RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("kind").GetString() == "chat");
        JsonElement json = (await WhorlProcess.RunAsync("run", "bard", golden.GetProperty("text").GetString()!, "--chat", "--json", "-t", "0", "-n", "5")).Json;
        Assert.Equal(SmolLm2.Numbers(golden, "ids"), SmolLm2.Numbers(json, "prompt_ids"));
        Assert.Equal(SmolLm2.Numbers(golden, "greedy").Take(5), SmolLm2.Numbers(json, "ids"));
    }

    private static int[] Ids(FileCheckpoint file, string name)
    {
        TensorEntry entry = file.Get(name);
        long[] ids = new long[entry.ElementCount];
        file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(ids.AsSpan()));
        return [.. ids.Select(id => (int)id)];
    }
}
