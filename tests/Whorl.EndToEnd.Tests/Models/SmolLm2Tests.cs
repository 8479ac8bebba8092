using System.Text.Json;
using Whorl.Client;
using Whorl.Formats;
using Whorl.Tensors;
using Whorl.Testing;
using Whorl.Tokenizers;
using Xunit.Abstractions;

namespace Whorl.EndToEnd.Tests.Models;

/// <summary>A real model of 135 million parameters against transformers and a float64 pass, and beside llama.cpp.</summary>
public sealed class SmolLm2Tests(ITestOutputHelper output)
{
    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2")]
    public void Prompts_have_the_reference_s_ids()
    {
        using GgufModel file = GgufModel.Open(SmolLm2.File);
        Tokenizer tokenizer = Tokenizer.FromGguf(file.Metadata);
        foreach (JsonElement golden in SmolLm2.Cases)
        {
            Assert.Equal(SmolLm2.Numbers(golden, "ids"), tokenizer.Encode(golden.GetProperty("rendered").GetString()!, new EncodeOptions { ParseSpecialTokens = true }));
        }
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2")]
    [Trait("Tier", "Long")]
    public async Task With_exact_activations_every_token_is_the_reference_s()
    {
        // The reference's tokens are fed at once, which is much faster than one by one; were one of them not the likeliest, it would show all the same.
        using LoadedModel model = new(SmolLm2.File, ActivationFormat.F32);
        Forced all = await ForceAsync(model);
        output.WriteLine($"{all.Steps} steps, {all.Differing} choose otherwise; a logit of the first eight differs by {all.LogitDifference:E2} at most");
        Assert.Equal((512, 0), (all.Steps, all.Differing));
        Assert.InRange(all.LogitDifference, 0, 2e-4); // the two references differ by 8.6e-5

        JsonElement first = SmolLm2.Cases[0];
        Assert.Equal(SmolLm2.Numbers(first, "greedy"), await model.GreedyAsync(SmolLm2.Numbers(first, "ids"), 64));
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2")]
    public async Task With_exact_activations_logits_and_hidden_states_are_the_reference_s()
    {
        using LoadedModel model = new(SmolLm2.File, ActivationFormat.F32);
        using FileCheckpoint golden = SafetensorsCheckpoint.Open(SmolLm2.PathOf("prompts.safetensors"));
        float[] expected = golden.ReadSingles(golden.Get("logits"));
        double logits = 0, hidden = 0;
        for (int prompt = 0; prompt < SmolLm2.Cases.Count; prompt++)
        {
            int[] ids = SmolLm2.Numbers(SmolLm2.Cases[prompt], "ids");
            float[] computed = await model.LogitsAsync(ids, 1);
            logits = Math.Max(logits, Difference(expected.AsSpan(prompt * model.Vocabulary, model.Vocabulary), computed));
            if (golden.TryGet($"prompt{prompt}.hidden_f64", out TensorEntry? entry))
            {
                hidden = Math.Max(hidden, await HiddenDifferenceAsync(model, ids, golden.ReadSingles(entry), golden.ReadSingles(golden.Get($"prompt{prompt}.final_norm_f64"))));
            }
        }

        output.WriteLine($"logits differ by {logits:E2} at most, hidden states by {hidden:E2} of their row's largest element");
        Assert.InRange(logits, 0, 1e-4);
        Assert.InRange(hidden, 0, 1e-5);
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf", "golden/smollm2")]
    [Trait("Tier", "Long")]
    public async Task With_8_bit_activations_logits_move_no_more_than_llama_cpp_s_do()
    {
        using LoadedModel model = new(SmolLm2.File, ActivationFormat.Q8);
        Forced all = await ForceAsync(model);
        output.WriteLine(
            $"{all.Differing} of {all.Steps} steps choose otherwise (llama.cpp: 12 to 15), the reference's gap there is {all.LargestGap:F3} at most (0.386), "
            + $"logits differ by {all.LogitDifference:F2} at most (1.07)");
        Assert.InRange(all.LargestGap, 0, 0.4);
        Assert.InRange(all.Differing, 0, 25);
        Assert.InRange(all.LogitDifference, 0, 1.25);
    }

    /// <summary>Feeds all prompts with the reference's continuations, and compares what would have been chosen.</summary>
    private static async Task<Forced> ForceAsync(LoadedModel model)
    {
        Forced all = new(0, 0, 0, 0);
        foreach (JsonElement golden in SmolLm2.Cases)
        {
            JsonElement[] steps = [.. golden.GetProperty("steps").EnumerateArray()];
            int[] greedy = SmolLm2.Numbers(golden, "greedy");
            float[] logits = await model.LogitsAsync((int[])[.. SmolLm2.Numbers(golden, "ids"), .. greedy[..^1]], greedy.Length);
            for (int i = 0; i < greedy.Length; i++)
            {
                Memory<float> row = logits.AsMemory(i * model.Vocabulary, model.Vocabulary);
                bool differs = LoadedModel.Largest(row.Span) != greedy[i];
                all = new Forced(
                    all.Steps + 1,
                    all.Differing + (differs ? 1 : 0),
                    differs ? Math.Max(all.LargestGap, steps[i].GetProperty("gap").GetDouble()) : all.LargestGap,
                    Math.Max(all.LogitDifference, SmolLm2.DifferenceInCommonTop8(steps[i], row.Span)));
            }
        }

        return all;
    }

    /// <summary>The largest difference at the last position, relative to its row's largest element.</summary>
    private static async Task<double> HiddenDifferenceAsync(LoadedModel model, int[] ids, float[] hidden, float[] final)
    {
        ModelTrace trace = await ModelTrace.TakeAsync(model.Model, ids, CancellationToken.None);
        int width = hidden.Length / trace.Hidden.Count;
        double largest = Relative(final, trace.Final.AsSpan(^width..));
        for (int k = 0; k < trace.Hidden.Count; k++)
        {
            largest = Math.Max(largest, Relative(hidden.AsSpan(k * width, width), trace.Hidden[k].AsSpan(^width..)));
        }

        return largest;
    }

    private static double Relative(ReadOnlySpan<float> expected, ReadOnlySpan<float> computed)
    {
        double scale = 0;
        foreach (float value in expected)
        {
            scale = Math.Max(scale, Math.Abs(value));
        }

        return Difference(expected, computed) / scale;
    }

    private static double Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> computed)
    {
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs((double)expected[i] - computed[i]));
        }

        return largest;
    }

    /// <summary>What forcing showed.</summary>
    /// <param name="Steps">Tokens compared.</param>
    /// <param name="Differing">How many of them were not the likeliest.</param>
    /// <param name="LargestGap">Among those, the largest gap between the reference's first two logits.</param>
    /// <param name="LogitDifference">The largest difference of a logit that both have in their first eight.</param>
    private sealed record Forced(int Steps, int Differing, double LargestGap, double LogitDifference);
}
