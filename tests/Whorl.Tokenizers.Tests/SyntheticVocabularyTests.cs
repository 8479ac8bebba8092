
namespace Whorl.Tokenizers.Tests;

public sealed class SyntheticVocabularyTests
{
    public static TheoryData<string> Cases => [.. GoldenFiles.SyntheticCasesWith("tokenizer.json")];

    public static TheoryData<string> StreamCases => [.. GoldenFiles.SyntheticCasesWith("stream.jsonl.gz")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_line_equals_the_reference(string name) =>
        GoldenLines.AssertEqual(Load(name), GoldenFiles.PathOf("synthetic", name, "encodings.jsonl.gz"));

    [Theory]
    [MemberData(nameof(StreamCases))]
    public void Every_stream_shows_its_text_as_soon_as_it_may(string name) =>
        GoldenLines.AssertStreamsEqual(Load(name), GoldenFiles.PathOf("synthetic", name, "stream.jsonl.gz"));

    private static Tokenizer Load(string name) =>
        Tokenizer.FromTokenizerJson(File.ReadAllBytes(GoldenFiles.PathOf("synthetic", name, "tokenizer.json")));
}
