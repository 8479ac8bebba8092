using Whorl.Testing;

namespace Whorl.Tokenizers.Tests;

public sealed class RealVocabularyTests
{
    private const string PairSeparator = "\n__ggml_vocab_test__\n";

    public static TheoryData<string> WithTokenizerJson => ["smollm2", "llama-spm", "falcon", "bert-bge"];

    public static TheoryData<string> WithGguf =>
    [
        "baichuan", "bert-bge", "deepseek-coder", "deepseek-llm", "falcon", "gpt-2", "gpt-neox", "llama-spm", "mpt", "phi-3", "refact",
        "smollm2", "starcoder",
    ];

    public static TheoryData<string> WithLlamaCppPairs =>
        ["bert-bge", "deepseek-coder", "deepseek-llm", "falcon", "gpt-2", "llama-spm", "mpt", "phi-3", "refact", "starcoder"];

    [ReferenceTheory("golden/tokenizers/gguf")]
    [MemberData(nameof(WithTokenizerJson))]
    public void Every_line_equals_the_reference_with_the_tokenizer_json(string name) =>
        GoldenLines.AssertEqual(FromJson(name), GoldenFiles.PathOf($"{name}.jsonl.gz"));

    [ReferenceTheory("golden/tokenizers/gguf")]
    [MemberData(nameof(WithGguf))]
    public void Every_line_equals_the_reference_with_the_GGUF(string name) =>
        GoldenLines.AssertEqual(RealVocabularies.FromGguf(name), GoldenFiles.PathOf($"{name}.jsonl.gz"));

    [ReferenceTheory("golden/tokenizers/gguf")]
    [MemberData(nameof(WithGguf))]
    public void Every_stream_shows_its_text_as_soon_as_it_may(string name) =>
        GoldenLines.AssertStreamsEqual(RealVocabularies.FromGguf(name), GoldenFiles.PathOf($"{name}.stream.jsonl.gz"));

    [ReferenceTheory("golden/tokenizers/gguf")]
    [MemberData(nameof(WithLlamaCppPairs))]
    public void The_test_pairs_of_llama_cpp_hold(string name)
    {
        Tokenizer tokenizer = RealVocabularies.FromGguf(name);
        string file = GoldenFiles.PathOf("gguf", $"ggml-vocab-{name}.gguf");
        string[] inputs = File.ReadAllText(file + ".inp").Split(PairSeparator);
        string[] outputs = File.ReadAllLines(file + ".out");
        Assert.True(outputs.Length > 40);
        for (int i = 0; i < outputs.Length; i++)
        {
            int[] expected = [.. outputs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
            Assert.Equal(expected, tokenizer.Encode(inputs[i], new EncodeOptions { AddSpecialTokens = false }));
        }
    }

    private static Tokenizer FromJson(string name) =>
        Tokenizer.FromTokenizerJson(GoldenFiles.Unzip(GoldenFiles.PathOf("hf", $"{name}.tokenizer.json.gz")));
}
