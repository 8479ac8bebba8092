using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Whorl.Tokenizers.Tests;

/// <summary>Megabytes without words, made to be slow: quadratic merging or splitting would not end here.</summary>
public sealed class HostileInputTests
{
    public static TheoryData<string> Vocabularies =>
        [.. Recorded().RootElement.GetProperty("vocabularies").EnumerateObject().Select(vocabulary => vocabulary.Name)];

    [Fact]
    public void The_inputs_are_those_of_the_recording()
    {
        using JsonDocument recorded = Recorded();
        foreach (JsonProperty input in recorded.RootElement.GetProperty("inputs").EnumerateObject())
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(HostileInput.Make(input.Name));
            Assert.Equal(input.Value.GetProperty("utf8_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(utf8)));
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    [Trait("Tier", "Long")]
    public void Hostile_inputs_give_the_recorded_ids(string name)
    {
        using JsonDocument recorded = Recorded();
        Tokenizer tokenizer = name.StartsWith("synthetic/", StringComparison.Ordinal)
            ? Tokenizer.FromTokenizerJson(File.ReadAllBytes(GoldenFiles.PathOf(name, "tokenizer.json")))
            : RealVocabularies.FromGguf(name);
        var failures = new List<string>();
        foreach (JsonProperty input in recorded.RootElement.GetProperty("vocabularies").GetProperty(name).EnumerateObject())
        {
            int[] ids = tokenizer.Encode(HostileInput.Make(input.Name), new EncodeOptions { AddSpecialTokens = false });
            string hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(ids)));
            if (!input.Value.TryGetProperty("too_slow", out _) && hash != input.Value.GetProperty("sha256").GetString())
            {
                failures.Add($"{input.Name}: {ids.Length} ids, first {string.Join(',', ids.Take(8))}; expected {input.Value}");
            }
        }

        Assert.Empty(failures);
    }

    private static JsonDocument Recorded() => JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("hostile.json")));
}
