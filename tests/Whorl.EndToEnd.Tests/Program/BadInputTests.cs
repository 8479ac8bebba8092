using System.Net;
using System.Net.Sockets;
using Whorl.Formats;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>Whatever is wrong is told in one line, which says what and where; nothing is left running.</summary>
public sealed class BadInputTests
{
    private static readonly string[] Greedy = ["ROMEO.\n", "-n", "4", "-t", "0"];

    [Fact]
    public async Task Truncated_weights_are_refused()
    {
        using BrokenModel model = new();
        model.Truncate(100);
        await AssertRefusedAsync(model, "model.safetensors");
    }

    [Fact]
    public async Task A_truncated_gguf_file_is_refused()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("whorl-").FullName, "cut.gguf");
        byte[] whole = await File.ReadAllBytesAsync(ReferenceData.PathOf("models", "bard.Q8_0.gguf"));
        foreach (int length in (int[])[3, 20, 5000, whole.Length - 100])
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            (await WhorlProcess.RunAsync(["run", file, .. Greedy])).AssertRefused("cut.gguf");
        }

        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_missing_tensor_is_named()
    {
        using BrokenModel model = new();
        await model.RewriteAsync((entry, source) => entry.Name == "model.layers.3.mlp.up_proj.weight" ? null : source);
        await AssertRefusedAsync(model, "model.layers.3.mlp.up_proj.weight");
    }

    [Fact]
    public async Task A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        using BrokenModel model = new();
        await model.RewriteAsync((entry, source) => entry.Name == "model.layers.2.self_attn.k_proj.weight"
            ? TensorSource.FromSingles(entry.Name, ElementType.F32, [63, 256], new float[63 * 256])
            : source);
        await AssertRefusedAsync(model, "model.layers.2.self_attn.k_proj.weight", "63", "64");
    }

    [Fact]
    public async Task A_header_of_exabytes_is_refused_without_reading_it()
    {
        using BrokenModel model = new();
        using (FileStream file = File.OpenWrite(model.Weights))
        {
            file.Write([0, 0, 0, 0, 0, 0, 0, 0x10]);
        }

        await AssertRefusedAsync(model, "model.safetensors", "header");
    }

    [Fact]
    public async Task An_unknown_family_is_named()
    {
        using BrokenModel model = new();
        await AssertRefusedAsync(model.Configure("model_type", "perceiver_of_tomorrow"), "perceiver_of_tomorrow", "config.json");
    }

    [Fact]
    public async Task An_unknown_value_in_the_config_is_named_with_its_key()
    {
        using BrokenModel model = new();
        await AssertRefusedAsync(model.Configure("hidden_act", "banana"), "hidden_act", "banana");
    }

    [Fact]
    public async Task A_config_that_is_no_json_is_refused()
    {
        using BrokenModel model = new();
        await File.WriteAllTextAsync(Path.Combine(model.Folder, "config.json"), "{ \"model_type\": ");
        await AssertRefusedAsync(model, "config.json");
    }

    [Fact]
    public async Task A_demo_of_a_broken_model_tells_the_same()
    {
        using BrokenModel model = new();
        await model.RewriteAsync((entry, source) => entry.Name == "model.layers.3.mlp.up_proj.weight" ? null : source);
        ProgramResult result = await WhorlProcess.RunAsync("demo", model.Folder);
        Assert.NotEqual(0, result.Code);
        result.AssertOneLine("model.layers.3.mlp.up_proj.weight");
    }

    [Fact]
    public async Task A_folder_without_a_model_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-").FullName;
        (await WhorlProcess.RunAsync(["run", folder, .. Greedy])).AssertRefused(folder, "config.json");
        Directory.Delete(folder);
    }

    [Theory]
    [InlineData("no such model", "run", "/there/is/none", "x")]
    [InlineData("--frobnicate", "run", "bard", "x", "--frobnicate")]
    [InlineData("empty", "run", "bard", "")]
    [InlineData("context", "run", "bard", "To be, or not to be, that is the question", "--context", "4")]
    [InlineData("temperature", "run", "bard", "x", "-t", "-1")]
    [InlineData("--max-tokens is 'many'; it must be a whole number", "run", "bard", "x", "-n", "many")]
    [InlineData("--servers is '0'", "demo", "--servers", "0")]
    [InlineData("--top-p is 'most'; it must be a number", "run", "bard", "x", "--top-p", "most")]
    [InlineData("serve", "serve")]
    [InlineData("activations", "run", "bard", "x", "--activations", "q9")]
    [InlineData("0 to 2047", "run", "bard", "--prompt-ids", "1,2048")]
    [InlineData("0 to 2047", "trace", "bard", "--prompt-ids", "2048", "--out", "trace.safetensors")]
    [InlineData("empty", "trace", "bard", "", "--out", "trace.safetensors")]
    [InlineData("no folder", "trace", "bard", "x", "--out", "no_such_folder/trace.safetensors")]
    [InlineData("is a folder", "trace", "bard", "x", "--out", ".")]
    [InlineData("is a folder", "perplexity", "bard", ".")]
    [InlineData("--json needs a prompt", "run", "bard", "--json")]
    [InlineData("--top-p is '7'; it must be a number above 0 and at most 1", "run", "bard", "x", "--top-p", "7")]
    [InlineData("--temperature is 'NaN'", "run", "bard", "x", "-t", "NaN")]
    [InlineData("--threads is '2000'; it must be a whole number from 1 to 1024", "run", "bard", "x", "--threads", "2000")]
    [InlineData("--stop is ''", "run", "bard", "x", "--stop", "")]
    [InlineData("--servers is ','", "run", "bard", "x", "--servers", ",")]
    [InlineData("--initial-peers is ''", "run", "bard", "x", "--initial-peers", "")]
    [InlineData("at most 6", "demo", "--servers", "7")]
    [InlineData("no token id", "run", "bard", "--prompt-ids", "1,x")]
    [InlineData("0..5", "serve", "bard", "--blocks", "4..9")]
    [InlineData("range", "serve", "bard", "--blocks", "five")]
    [InlineData("127.0.0.1/tcp/1", "run", "bard", "x", "--servers", "127.0.0.1:1")]
    [InlineData("address", "run", "bard", "x", "--servers", "nowhere")]
    [InlineData("--seed", "run", "bard", "x", "--seed", "blue")]
    [InlineData("no_such_file.txt", "perplexity", "bard", "no_such_file.txt")]
    public async Task What_the_command_line_asks_for_in_vain_is_told(string word, params string[] arguments)
    {
        ProgramResult result = await WhorlProcess.RunAsync(arguments);
        result.AssertRefused(word == "no such model" ? "/there/is/none" : word);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using TcpListener holder = new(IPAddress.Loopback, 0);
        holder.Start();
        int port = ((IPEndPoint)holder.LocalEndpoint).Port;
        (await WhorlProcess.RunAsync("serve", "bard", "--listen", $"127.0.0.1:{port}")).AssertRefused($"{port}", "use");
    }

    [Fact]
    public async Task Servers_that_do_not_hold_all_blocks_or_another_model_or_have_no_memory_are_refused()
    {
        (WhorlProcess server, string address) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..3");
        await using (server)
        {
            (await WhorlProcess.RunAsync(["run", "bard", .. Greedy, "--servers", address])).AssertRefused("blocks 4..5", "0..3");
            (await WhorlProcess.RunAsync(["run", "bard", .. Greedy, "--servers", address, "--activations", "f32"])).AssertRefused(address, "activations");
            using BrokenModel other = new();
            (await WhorlProcess.RunAsync(["run", other.Configure("rms_norm_eps", 1e-4).Folder, .. Greedy, "--servers", address])).AssertRefused(address, "another model");
        }

        (WhorlProcess full, string fullAddress) = await WhorlProcess.ServeAsync("bard", "--cache-mib", "0");
        await using (full)
        {
            (await WhorlProcess.RunAsync(["run", "bard", .. Greedy, "--servers", fullAddress, "--servers-only"])).AssertRefused(fullAddress, "0 bytes are free");
            ProgramResult here = await WhorlProcess.RunAsync(["run", "bard", .. Greedy, "--servers", fullAddress]); // not in silence
            Assert.Equal(0, here.Code);
            Assert.Contains("computed here", here.Error, StringComparison.Ordinal);
            Assert.Contains("0 bytes are free", here.Error, StringComparison.Ordinal);
        }
    }

    private static async Task AssertRefusedAsync(BrokenModel model, params string[] words)
    {
        foreach (string[] command in (string[][])[["run", model.Folder, .. Greedy], ["serve", model.Folder]])
        {
            (await WhorlProcess.RunAsync(command)).AssertRefused(words);
        }
    }
}
