using System.Text.Json;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Models;

/// <summary>Where the real model and its reference outputs lie.</summary>
internal static class SmolLm2
{
    public static string File => ReferenceData.PathOf("models", "SmolLM2-135M-Instruct.Q4_1.gguf");

    public static IReadOnlyList<JsonElement> Cases => [.. Read("prompts.json").GetProperty("cases").EnumerateArray()];

    public static string PathOf(string file) => ReferenceData.PathOf("golden", "smollm2", file);

    public static JsonElement Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(PathOf(file)));
        return document.RootElement.Clone();
    }

    public static int[] Numbers(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>The largest difference of logits among the tokens that both have in their first eight.</summary>
    public static double DifferenceInCommonTop8(JsonElement step, ReadOnlySpan<float> logits)
    {
        double largest = 0;
        double eighth = EighthLargest(logits);
        foreach ((JsonElement id, JsonElement logit) in step.GetProperty("ids").EnumerateArray().Zip(step.GetProperty("logits").EnumerateArray()))
        {
            float own = logits[id.GetInt32()];
            largest = own >= eighth ? Math.Max(largest, Math.Abs(own - logit.GetDouble())) : largest;
        }

        return largest;
    }

    private static double EighthLargest(ReadOnlySpan<float> logits)
    {
        float[] sorted = logits.ToArray();
        Array.Sort(sorted);
        return sorted[^8];
    }
}
