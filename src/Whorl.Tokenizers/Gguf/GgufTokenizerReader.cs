namespace Whorl.Tokenizers.Gguf;

internal static class GgufTokenizerReader
{
    public static TokenizerParts Read(IReadOnlyDictionary<string, object> metadata) => throw new TokenizerFormatException($"{metadata.Count}: not yet");
}
