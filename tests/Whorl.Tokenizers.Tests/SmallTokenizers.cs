using System.Text;

namespace Whorl.Tokenizers.Tests;

/// <summary>Tokenizers small enough to write down.</summary>
internal static class SmallTokenizers
{
    private const string WordsModel = """{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3,"d":4}}""";

    /// <summary>A tokenizer.json over the words a to d, with a part put in or another model.</summary>
    public static string Json(string parts = "", string model = WordsModel) =>
        $$"""{"version":"1.0",{{parts}}{{(parts.Length > 0 ? "," : "")}}"model":{{model}}}""";

    public static Tokenizer Load(string json) => Tokenizer.FromTokenizerJson(Encoding.UTF8.GetBytes(json));

    /// <summary>The metadata of a GGUF with a byte-level vocabulary of single bytes.</summary>
    public static Dictionary<string, object> ByteLevelGguf()
    {
        string[] tokens = [.. Enumerable.Range(0, 256).Select(b => Text.ByteAlphabet.OfByte((byte)b).ToString()), "<|end|>"];
        return new Dictionary<string, object>
        {
            ["general.architecture"] = "llama",
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.pre"] = "llama-bpe",
            ["tokenizer.ggml.tokens"] = tokens,
            ["tokenizer.ggml.token_type"] = tokens.Select(token => token.Length > 1 ? 3 : 1).ToArray(),
            ["tokenizer.ggml.merges"] = Array.Empty<string>(),
            ["tokenizer.ggml.bos_token_id"] = 256u,
        };
    }
}
