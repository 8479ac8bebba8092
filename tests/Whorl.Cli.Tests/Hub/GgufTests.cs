using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Whorl.Formats;

namespace Whorl.Cli.Tests.Hub;

/// <summary>The built-in model's weights under the names that GGUF has for them, so that whole and parts can be compared.</summary>
public sealed partial class GgufTests : HubTestBase
{
    private const string Quantised = Model + ":F32";
    private const string FileName = "gguf/tiny-F32.gguf";
    private static readonly string[] Sentence = ["--prompt-ids", "5,6,7", "--seed", "7", "--max-tokens", "8", "--threads", "1", "--json"];
    private static readonly string[] Tokens = [.. Enumerable.Range(0, 100_000).Select(i => $"nothing {i}")];

    [Fact]
    public async Task Servers_fetch_their_blocks_of_a_gguf_file_and_the_client_the_ends_and_the_text_is_that_of_the_whole_file()
    {
        string whole = await AddAsync();
        GgufHeader header = GgufHeader.Read(whole);
        (WhorlProcess first, string firstAddress) = await ServeAsync("a", "0..1");
        await using WhorlProcess heldFirst = first;
        Assert.Equal(BytesOf(header, name => Block(name) is 0 or 1), FetchedBytes(header));
        (WhorlProcess second, string secondAddress) = await ServeAsync("b", "2..5");
        await using WhorlProcess heldSecond = second;
        Assert.Equal(BytesOf(header, name => Block(name) >= 0), FetchedBytes(header));

        string[] arguments = ["run", Quantised, .. Sentence, "--servers", $"{firstAddress},{secondAddress}"];
        JsonElement split = (await WhorlProcess.RunAsync(Environment("c"), arguments)).Json();

        Assert.Equal(BytesOf(header, _ => true), FetchedBytes(header));
        JsonElement together = (await RunAsync(["run", whole, .. Sentence])).Json();
        Assert.Equal(together.GetProperty("ids").ToString(), split.GetProperty("ids").ToString());
    }

    [Fact]
    public async Task Show_fetches_the_header_of_a_gguf_file_alone()
    {
        string whole = await AddAsync();

        JsonElement shown = (await RunAsync("show", Quantised, "--json")).Json();

        Assert.Equal(0, FetchedBytes(GgufHeader.Read(whole)));
        Assert.InRange(
            Hub.StorageRequests.Sum(request => request.RangeEnd!.Value - request.RangeStart!.Value + 1), 1, new FileInfo(whole).Length / 2);
        JsonElement all = (await RunAsync("show", whole, "--json")).Json();
        Assert.Equal(all.GetProperty("fingerprint").ToString(), shown.GetProperty("fingerprint").ToString());
        Assert.Equal(all.GetProperty("blocks").ToString(), shown.GetProperty("blocks").ToString());
    }

    private Task<(WhorlProcess Server, string Address)> ServeAsync(string user, string blocks) =>
        WhorlProcess.ServeAsync(Environment(user), Quantised, "--blocks", blocks, "--threads", "1");

    /// <summary>The bytes of tensors that left the hub; the header is asked for in ranges that begin before the first of them.</summary>
    private long FetchedBytes(GgufHeader header)
    {
        long data = header.Tensors.Min(tensor => tensor.Offset);
        return Hub.StorageRequests.Where(request => request.RangeStart >= data).Sum(request => request.RangeEnd!.Value - request.RangeStart!.Value + 1);
    }

    private static long BytesOf(GgufHeader header, Func<string, bool> isWanted) =>
        header.Tensors.Where(tensor => isWanted(tensor.Name)).Sum(tensor => tensor.ByteLength); // all multiples of the alignment

    private static int Block(string name) =>
        BlockName().Match(name) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    private async Task<string> AddAsync()
    {
        using ModelFolder bard = ModelFolder.Open(Bard);
        JsonElement config = bard.Config;
        int Number(string key) => config.GetProperty(key).GetInt32();
        KeyValuePair<string, object>[] metadata =
        [
            new("general.architecture", "llama"),
            new("llama.block_count", Number("num_hidden_layers")),
            new("llama.embedding_length", Number("hidden_size")),
            new("llama.feed_forward_length", Number("intermediate_size")),
            new("llama.attention.head_count", Number("num_attention_heads")),
            new("llama.attention.head_count_kv", Number("num_key_value_heads")),
            new("llama.attention.layer_norm_rms_epsilon", config.GetProperty("rms_norm_eps").GetSingle()),
            new("llama.context_length", Number("max_position_embeddings")),
            new("filling", Tokens), // so that the header is longer than its first range
        ];
        string path = Path.Combine(Cache, "..", "whole.gguf");
        Directory.CreateDirectory(Cache);
        await GgufWriter.WriteAsync(
            path,
            metadata,
            [.. bard.Checkpoint.Names.Select(name => TensorSource.FromCheckpoint(bard.Checkpoint, bard.Checkpoint.Get(name), GgufName(name)))]);
        Hub.Add(FileName, await File.ReadAllBytesAsync(path), isLarge: true);
        return path;
    }

    private static string GgufName(string name) => name
        .Replace("model.layers.", "blk.", StringComparison.Ordinal)
        .Replace("input_layernorm", "attn_norm", StringComparison.Ordinal)
        .Replace("post_attention_layernorm", "ffn_norm", StringComparison.Ordinal)
        .Replace("self_attn.q_proj", "attn_q", StringComparison.Ordinal)
        .Replace("self_attn.k_proj", "attn_k", StringComparison.Ordinal)
        .Replace("self_attn.v_proj", "attn_v", StringComparison.Ordinal)
        .Replace("self_attn.o_proj", "attn_output", StringComparison.Ordinal)
        .Replace("mlp.gate_proj", "ffn_gate", StringComparison.Ordinal)
        .Replace("mlp.up_proj", "ffn_up", StringComparison.Ordinal)
        .Replace("mlp.down_proj", "ffn_down", StringComparison.Ordinal)
        .Replace("model.embed_tokens", "token_embd", StringComparison.Ordinal)
        .Replace("model.norm", "output_norm", StringComparison.Ordinal)
        .Replace("lm_head", "output", StringComparison.Ordinal);

    [GeneratedRegex(@"^blk\.(\d+)\.")]
    private static partial Regex BlockName();
}
