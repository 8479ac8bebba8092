using System.Text.Json;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Tensors;
using Whorl.Testing;
using Whorl.Tokenizers;
using Xunit.Abstractions;

namespace Whorl.EndToEnd.Tests.Models;

/// <summary>The built-in model against the reference.</summary>
public sealed class BardTests(ITestOutputHelper output)
{
    /// <summary>Where the reference's first and second logit are nearer than this, which of them is larger is a matter of rounding.</summary>
    private const double TooNear = 1e-3;

    private static string BuiltIn => Path.Combine(AppContext.BaseDirectory, "models", "bard");

    private static JsonElement Expected => JsonDocument.Parse(File.ReadAllText(ReferenceData.PathOf("golden", "bard", "expected.json"))).RootElement;

    [Fact]
    public void Prompts_have_the_reference_s_ids()
    {
        Tokenizer tokenizer = Tokenizer.FromFolder(BuiltIn);
        foreach (JsonElement golden in Expected.GetProperty("cases").EnumerateArray())
        {
            Assert.Equal(Numbers(golden, "ids"), tokenizer.Encode(golden.GetProperty("rendered").GetString()!, new EncodeOptions { AddSpecialTokens = false, ParseSpecialTokens = true }));
        }
    }

    [Fact]
    public async Task The_likeliest_hundred_tokens_and_their_text_are_the_reference_s()
    {
        Tokenizer tokenizer = Tokenizer.FromFolder(BuiltIn);
        using LoadedModel bard = new(BuiltIn, ActivationFormat.F32);
        foreach (JsonElement golden in Expected.GetProperty("cases").EnumerateArray())
        {
            int[] greedy = Numbers(golden, "greedy");
            double[] gaps = [.. golden.GetProperty("gaps").EnumerateArray().Select(g => g.GetDouble())];
            int[] written = await bard.GreedyAsync(Numbers(golden, "ids"), greedy.Length);
            int same = written.Zip(greedy).TakeWhile(p => p.First == p.Second).Count();
            if (same < greedy.Length)
            {
                output.WriteLine($"{golden.GetProperty("text")}: parts at step {same}, where the reference's gap is {gaps[same]}");
                Assert.InRange(gaps[same], 0, TooNear);
                continue;
            }

            Assert.Equal(golden.GetProperty("greedy_text").GetString(), tokenizer.Decode(written));
        }
    }

    [Fact]
    [Trait("Tier", "Long")]
    public async Task Every_window_of_a_text_is_as_likely_as_by_the_reference()
    {
        using LoadedModel bard = new(BuiltIn, ActivationFormat.F32);
        JsonElement golden = Expected.GetProperty("perplexity");
        double[] windows = [.. golden.GetProperty("nll_per_window").EnumerateArray().Select(v => v.GetDouble())];
        int[] ids = ReadText(golden);
        double largest = 0, sum = 0;
        for (int w = 0; w < windows.Length; w++)
        {
            Perplexity measured = await Perplexity.MeasureAsync(bard.Model, ids.AsMemory(w * 512, 512), 512, 1, null, CancellationToken.None);
            largest = Math.Max(largest, Math.Abs(measured.NegativeLogLikelihood - windows[w]) / windows[w]);
            sum += measured.NegativeLogLikelihood;
        }

        output.WriteLine($"perplexity {Math.Exp(sum / (511 * windows.Length))}, reference {golden.GetProperty("perplexity")}; a window differs by {largest:E1} at most");
        Assert.InRange(largest, 0, 1e-5);
    }

    [Fact]
    public async Task The_8_bit_file_predicts_a_text_nearly_as_well_and_goes_on_with_a_prompt()
    {
        using LoadedModel bard = new(ReferenceData.PathOf("models", "bard.Q8_0.gguf"), ActivationFormat.F32);
        JsonElement golden = Expected.GetProperty("perplexity");
        double reference = golden.GetProperty("nll_per_window").EnumerateArray().Take(4).Sum(v => v.GetDouble());
        Perplexity measured = await Perplexity.MeasureAsync(bard.Model, ReadText(golden), 512, 4, null, CancellationToken.None);
        output.WriteLine($"perplexity {measured.Value}, in bfloat16 {Math.Exp(reference / measured.Tokens)}");
        Assert.InRange(measured.Value / Math.Exp(reference / measured.Tokens), 0.99, 1.01);

        Whorl.Formats.GgufModel file = (Whorl.Formats.GgufModel)bard.Source.File;
        Tokenizer tokenizer = Tokenizer.FromGguf(file.Metadata);
        string text = tokenizer.Decode(await bard.GreedyAsync(tokenizer.Encode("ROMEO.\n"), 50));
        Assert.Contains('\n', text);
    }

    [Fact]
    public void A_server_of_some_blocks_reads_no_other_block_s_bytes()
    {
        List<(string Tensor, long Bytes)> reads = [];
        using Whorl.Kernels.Cpu.CpuBackend backend = new();
        using ModelSource source = ModelSource.Open(BuiltIn, (tensor, _, length) => reads.Add((tensor.Name, length)));
        Assert.Empty(reads); // headers alone
        using DecoderSpan span = DecoderSpan.Load(source, new BlockRange(2, 3), backend);
        Assert.All(reads, read => Assert.Matches(@"\.layers\.[23]\.", read.Tensor));
        Assert.Equal(source.BlockBytes(2) + source.BlockBytes(3), reads.Sum(r => r.Bytes));
    }

    private static int[] ReadText(JsonElement golden) => Tokenizer.FromFolder(BuiltIn)
        .Encode(File.ReadAllText(ReferenceData.PathOf(golden.GetProperty("file").GetString()!.Split(' ')[0].Split('/'))), EncodeOptions.PlainText);

    private static int[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
