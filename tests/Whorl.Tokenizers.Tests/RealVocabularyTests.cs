using Whorl.Testing;

namespace Whorl.Tokenizers.Tests;

public sealed class RealVocabularyTests
{
    public static TheoryData<string> WithTokenizerJson => ["smollm2", "llama-spm", "falcon", "bert-bge"];

    [ReferenceTheory]
    [MemberData(nameof(WithTokenizerJson))]
    public void Every_line_equals_the_reference_with_the_tokenizer_json(string name) =>
        GoldenLines.AssertEqual(FromJson(name), GoldenFiles.PathOf($"{name}.jsonl.gz"));

    [ReferenceTheory]
    [MemberData(nameof(WithTokenizerJson))]
    public void Every_stream_shows_its_text_as_soon_as_it_may_with_the_tokenizer_json(string name) =>
        GoldenLines.AssertStreamsEqual(FromJson(name), GoldenFiles.PathOf($"{name}.stream.jsonl.gz"));

    private static Tokenizer FromJson(string name) =>
        Tokenizer.FromTokenizerJson(GoldenFiles.Unzip(GoldenFiles.PathOf("hf", $"{name}.tokenizer.json.gz")));
}
