using System.Text.Json;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Tensors;
using Whorl.Testing;
using Whorl.Tokenizers;
using Xunit.Abstractions;

namespace Whorl.EndToEnd.Tests.Models;

/// <summary>How well the real model predicts WikiText-2's test set, against the reference's figure over the same windows.</summary>
[Trait("Tier", "Long")]
public sealed class SmolLm2PerplexityTests(ITestOutputHelper output)
{
    private const int Windows = 40;

    [ReferenceTheory("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2", "data/wikitext-2")]
    [InlineData(ActivationFormat.F32, 1e-4)] // 0.01 %
    [InlineData(ActivationFormat.Q8, 5e-3)] // 0.5 %; llama.cpp, which rounds activations too, is 0.17 % above
    public async Task Forty_windows_have_the_reference_s_perplexity(ActivationFormat activations, double tolerance)
    {
        using LoadedModel model = new(SmolLm2.File, activations);
        Tokenizer tokenizer = Tokenizer.FromGguf(((GgufModel)model.Source.File).Metadata);
        int[] ids = tokenizer.Encode(await File.ReadAllTextAsync(ReferenceData.PathOf("data", "wikitext-2", "test.txt")), EncodeOptions.PlainText);
        JsonElement run = SmolLm2.Read("perplexity.json").GetProperty("runs").GetProperty("f32");
        double expected = Math.Exp(run.GetProperty("nll_per_window").EnumerateArray().Take(Windows).Sum(v => v.GetDouble()) / (511 * Windows));
        Perplexity measured = await Perplexity.MeasureAsync(model.Model, ids, 512, Windows, null, CancellationToken.None);
        output.WriteLine($"{activations}: {measured.Value:F5}, reference {expected:F5}: {100 * ((measured.Value / expected) - 1):F4} % over");
        Assert.InRange(Math.Abs((measured.Value / expected) - 1), 0, tolerance);
    }
}
