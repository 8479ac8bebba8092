using System.Text.Json;
using Whorl.EndToEnd.Tests.Models;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary><c>whorl demo</c>: a model over several processes writes what one process writes.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_built_in_model_over_three_servers_is_told_as_one_json_object()
    {
        ProgramResult result = await WhorlProcess.RunAsync("demo", "--json", "--temperature", "0", "-n", "200", "--ignore-eos");
        AssertDescribed(result.Json, tokens: 200, blocks: 6, servers: 3);
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2")]
    public async Task A_real_model_over_three_servers_writes_what_one_process_writes()
    {
        ProgramResult result = await WhorlProcess.RunAsync(
            "demo", SmolLm2.File, "--json", "--temperature", "0", "-n", "24", "--ignore-eos", "--prompt-ids", string.Join(',', SmolLm2.Numbers(SmolLm2.Cases[0], "ids")), "--activations", "f32");
        AssertDescribed(result.Json, tokens: 24, blocks: 30, servers: 3);
        Assert.Equal(SmolLm2.Numbers(SmolLm2.Cases[0], "greedy").Take(24), SmolLm2.Numbers(result.Json, "ids"));
    }

    [Fact]
    public async Task People_are_told_who_holds_what_the_text_and_that_it_is_the_same()
    {
        ProgramResult result = await WhorlProcess.RunAsync("demo", "--seed", "7", "-n", "20", "--servers", "2");
        Assert.Equal(0, result.Code);
        Assert.Equal("", result.Error);
        Assert.Contains("holds blocks 0..2", result.Output, StringComparison.Ordinal);
        Assert.Contains("holds blocks 3..5", result.Output, StringComparison.Ordinal);
        Assert.Contains("the same, byte for byte", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_servers_than_blocks_are_refused() =>
        (await WhorlProcess.RunAsync("demo", "--servers", "7")).AssertRefused("6 blocks", "--servers is 7");

    private static void AssertDescribed(JsonElement json, int tokens, int blocks, int servers)
    {
        Assert.True(json.GetProperty("same_as_local").GetBoolean());
        foreach (string part in (string[])["prefill", "decode"])
        {
            JsonElement there = json.GetProperty(part), here = json.GetProperty("local").GetProperty(part);
            Assert.Equal(there.GetProperty("tokens").GetInt32(), here.GetProperty("tokens").GetInt32());
            Assert.True(here.GetProperty("seconds").GetDouble() > 0);
        }

        int[] prompt = SmolLm2.Numbers(json, "prompt_ids");
        Assert.NotEmpty(prompt);
        Assert.Equal(tokens, SmolLm2.Numbers(json, "ids").Length);
        Assert.NotEqual("", json.GetProperty("model").GetString());
        Assert.NotEqual("", json.GetProperty("text").GetString());
        Assert.True(json.GetProperty("seed").TryGetUInt64(out _));
        Assert.Equal("max_tokens", json.GetProperty("stop_reason").GetString());
        Assert.Equal(prompt.Length, json.GetProperty("prefill").GetProperty("tokens").GetInt32());
        Assert.True(json.GetProperty("prefill").GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(tokens - 1, json.GetProperty("decode").GetProperty("tokens").GetInt32()); // the first comes from the prompt's logits, and nothing follows the last
        Assert.True(json.GetProperty("decode").GetProperty("seconds").GetDouble() > 0);

        JsonElement[] chain = [.. json.GetProperty("chain").EnumerateArray()];
        Assert.Equal(servers, chain.Select(c => c.GetProperty("server").GetString()).Distinct().Count());
        int next = 0;
        foreach (JsonElement link in chain)
        {
            Assert.Equal(next, link.GetProperty("first_block").GetInt32());
            next = link.GetProperty("last_block").GetInt32() + 1;
        }

        Assert.Equal(blocks, next);
    }
}
