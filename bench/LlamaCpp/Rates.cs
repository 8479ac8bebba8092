using System.Text.Json;

namespace Whorl.Bench.LlamaCpp;

/// <summary>Tokens a second.</summary>
internal readonly record struct Rates(double Prefill, double Decode)
{
    /// <summary>Reads <c>{"prefill": …, "decode": …}</c>.</summary>
    public static Rates Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return new(document.RootElement.GetProperty("prefill").GetDouble(), document.RootElement.GetProperty("decode").GetDouble());
    }
}
