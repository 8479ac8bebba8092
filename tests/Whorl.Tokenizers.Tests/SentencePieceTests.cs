using System.Text.Json;

namespace Whorl.Tokenizers.Tests;

public sealed class SentencePieceTests
{
    public static TheoryData<string> Cases => [.. GoldenFiles.SyntheticCasesWith("tokenizer.model")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_line_equals_sentencepiece_itself(string name)
    {
        Tokenizer tokenizer = Tokenizer.FromSentencePieceModel(File.ReadAllBytes(GoldenFiles.PathOf("synthetic", name, "tokenizer.model")));
        var failures = new List<string>();
        foreach (JsonElement line in GoldenFiles.Lines(GoldenFiles.PathOf("synthetic", name, "sentencepiece.jsonl.gz")))
        {
            int[] expected = line.Ids("ids")!;
            int[] ids = line.Text("text") is string text ? tokenizer.Encode(text, EncodeOptions.PlainText) : expected;
            string decoded = tokenizer.Decode(expected);
            StreamingDecoder stream = tokenizer.StartDecoding();
            string streamed = string.Concat(expected.Select(stream.Append)) + stream.Flush();
            if (!ids.SequenceEqual(expected) || decoded != line.Text("decoded") || streamed != decoded)
            {
                failures.Add($"[{string.Join(',', ids)}] '{decoded}' '{streamed}' for {line}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} failures\n" + string.Join('\n', failures.OrderBy(f => f.Length).Take(6)));
    }
}
