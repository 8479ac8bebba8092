using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using Whorl.Tokenizers;

namespace Whorl.Benchmarks;

/// <summary>A tokenizer over a text, beside what a byte-level BPE has to do in any case: cut the text by GPT-2's pattern.</summary>
/// <remarks>
/// WHORL_TOKENIZER names a folder with tokenizer files and WHORL_TEXT a text in UTF-8, of which the first million characters are taken, so that a
/// time in milliseconds is also one in nanoseconds a character.
/// </remarks>
[MemoryDiagnoser]
public partial class TokenizerBenchmarks
{
    private const int Characters = 1_000_000;

    private Tokenizer _tokenizer = null!;
    private string _text = "";

    [GlobalSetup]
    public void Setup()
    {
        _tokenizer = Tokenizer.FromFolder(Named("WHORL_TOKENIZER"));
        string text = File.ReadAllText(Named("WHORL_TEXT"));
        _text = text[..Math.Min(Characters, text.Length)];
    }

    /// <summary>The framework's own regular expressions, compiled.</summary>
    /// <returns>The number of pieces.</returns>
    [Benchmark(Baseline = true)]
    public int Cut() => Pieces().Count(_text);

    /// <returns>The number of tokens.</returns>
    [Benchmark]
    public int Encode() => _tokenizer.Encode(_text).Length;

    private static string Named(string variable) =>
        Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException($"set {variable}; the remarks of {nameof(TokenizerBenchmarks)} say to what");

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Pieces();
}
