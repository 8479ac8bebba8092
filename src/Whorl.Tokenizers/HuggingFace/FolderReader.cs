using Whorl.Tokenizers.Json;

namespace Whorl.Tokenizers.HuggingFace;

internal static class FolderReader
{
    public static TokenizerParts Read(string folder) => TokenizerJsonReader.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), "tokenizer.json");
}
