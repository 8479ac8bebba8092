using System.Collections.Concurrent;

namespace Whorl.Tokenizers.Tests;

/// <summary>The real vocabularies, each read once for all tests: tokenizers are immutable.</summary>
internal static class RealVocabularies
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> Loaded = new();

    public static Tokenizer FromGguf(string name) =>
        Loaded.GetOrAdd(name, _ => new Lazy<Tokenizer>(() =>
            Tokenizer.FromGguf(GgufMetadataFile.Read(GoldenFiles.PathOf("gguf", $"ggml-vocab-{name}.gguf.gz"))))).Value;
}
