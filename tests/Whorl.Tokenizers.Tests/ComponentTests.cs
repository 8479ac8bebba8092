using System.Text;
using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Tokenizers.Tests;

/// <summary>Small tokenizers, a component at a time; Cases/tokenizer_cases.js makes them and asks the reference.</summary>
public sealed class ComponentTests
{
    private static readonly EncodeOptions Bare = new() { AddSpecialTokens = false };
    private static readonly Dictionary<string, JsonElement> Cases = GoldenFiles
        .Lines(Path.Combine(ReferenceData.Checkout, "tests", "Whorl.Tokenizers.Tests", "Cases", "tokenizer-cases.jsonl.gz"))
        .ToDictionary(line => line.Text("name")!);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_component_equals_the_reference(string name)
    {
        JsonElement line = Cases[name];
        Tokenizer tokenizer = Tokenizer.FromTokenizerJson(Encoding.UTF8.GetBytes(line.GetProperty("tokenizer").GetRawText()));
        foreach (JsonElement text in line.GetProperty("texts").EnumerateArray())
        {
            string input = text.Text("text")!;
            Assert.Equal((input, Line(text.Ids("ids")!)), (input, Line(tokenizer.Encode(input, Bare))));
            Assert.Equal((input, Line(text.Ids("special")!)), (input, Line(tokenizer.Encode(input))));
            Assert.Equal((input, Offsets(text, "offsets")), (input, Offsets(tokenizer.EncodeWithOffsets(input, Bare))));
            Assert.Equal((input, Offsets(text, "special_offsets")), (input, Offsets(tokenizer.EncodeWithOffsets(input))));
        }

        foreach (JsonElement pair in line.GetProperty("pairs").EnumerateArray())
        {
            TokenEncoding encoding = tokenizer.EncodePair(pair.Text("text")!, pair.Text("pair")!);
            Assert.Equal((Line(pair.Ids("ids")!), Line(pair.Ids("types")!)), (Line(encoding.Ids), Line(encoding.TypeIds)));
        }

        foreach (JsonElement decoded in line.GetProperty("decoded").EnumerateArray())
        {
            int[] ids = decoded.Ids("ids")!;
            Assert.Equal((Line(ids), decoded.Text("text")), (Line(ids), tokenizer.Decode(ids)));
            Assert.Equal((Line(ids), decoded.Text("skipped")), (Line(ids), tokenizer.Decode(ids, skipSpecialTokens: true)));
        }
    }

    private static string Line(IEnumerable<int> numbers) => string.Join(' ', numbers);

    private static string Offsets(TokenEncoding encoding) => string.Join(' ', encoding.Offsets.Select(offset => $"{offset.Start}-{offset.End}"));

    private static string Offsets(JsonElement owner, string name) =>
        string.Join(' ', owner.GetProperty(name).EnumerateArray().Select(offset => $"{offset[0]}-{offset[1]}"));
}
