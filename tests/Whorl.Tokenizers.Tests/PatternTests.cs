using Whorl.Tokenizers.Patterns;

namespace Whorl.Tokenizers.Tests;

/// <summary>Oniguruma's semantics where they differ from .NET's, or are easy to get wrong.</summary>
public sealed class PatternTests
{
    [Theory]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", "a|[  ]|[ ]|b")]
    [InlineData(@"(?i:'s)", "it'S it'\u017F", "it|['S]| it|['\u017F]")]
    [InlineData(@" ?[^(\s|[.,!?])]+", "ab, c(d)|e", "[ab]|,|[ c]|(|[d]|)||[e]")]
    [InlineData(@"[\p{L}&&[^\p{Lu}]]+", "abCDef", "[ab]|CD|[ef]")]
    [InlineData(@"[[:digit:]]+|[[:^space:]]", "12 x", "[12]| |[x]")]
    [InlineData(@"\p{^L}+", "ab12", "ab|[12]")]
    [InlineData(@"\P{L}+", "ab12", "ab|[12]")]
    [InlineData(@"\p{Han}+", "a漢字か", "a|[漢字]|か")]
    [InlineData(@"\p{L}+", "𝒜𝒷1𐐀", "[𝒜𝒷]|1|[𐐀]")]
    [InlineData(@"[^\s]", "😀 x", "[😀]| |[x]")]
    [InlineData(@"a++a|b", "aaab", "aaa|[b]")]
    [InlineData(@"(?>a+)b", "aab", "[aab]")]
    [InlineData(@"a{,2}b", "aaab", "a|[aab]")]
    [InlineData(@"a{2}?b", "aaab", "a|[aab]")]
    [InlineData(@"x{a}", "x{a}", "[x{a}]")]
    [InlineData(@"(?<=a)b|(?<!a)c", "ab ac c", "a|[b]| ac |[c]")]
    [InlineData(@"\d{1,3}(?=(?:\d{3})*\b)", "1234567", "[1]|[234]|[567]")]
    [InlineData(@"^b|a$", "a\nb", "[a]|\n|[b]")]
    [InlineData(@"\Ab|a\z", "a\nba", "a\nb|[a]")]
    [InlineData(@"a.c|(?m:d.f)", "a\nc d\nf", "a\nc |[d\nf]")]
    [InlineData(@"a(?i)b|c", "aB aC c", "[aB]| |[aC]| c")]
    [InlineData(@"(?x) a b # and so on", "ab a b", "[ab]| a b")]
    [InlineData(@"[a-c\-]+", "a-bd", "[a-b]|d")]
    [InlineData(@"[]a]+", "x]a", "x|[]a]")]
    [InlineData(@"\x{1F600}|\u00e9|\x41", "😀éA", "[😀]|[é]|[A]")]
    [InlineData(@"(a|ab)(c|bcd)", "abcd", "[abcd]")]
    [InlineData(@"a*?b", "aab", "[aab]")]
    [InlineData(@"(a*)*b", "aab", "[aab]")]
    [InlineData(@"\h+", "xyzfe9", "xyz|[fe9]")]
    [InlineData(@"\s", "a\u0085b\u200Bc\u180Ed", "a|[\u0085]|b\u200Bc\u180Ed")]
    public void A_pattern_cuts_as_Oniguruma_does(string pattern, string text, string expected)
    {
        var ranges = new List<MatchedRange>();
        Pattern.Parse(pattern).FindAll(text, ranges);
        Assert.Equal(
            expected,
            string.Join('|', ranges.Select(range => range.IsMatch ? $"[{text[range.Start..range.End]}]" : text[range.Start..range.End])));
    }

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData(@"a\K")]
    [InlineData(@"(?(1)a|b)")]
    [InlineData(@"\p{Nonsense}")]
    [InlineData(@"(?<=a+)b")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("[z-a]")]
    [InlineData("a{1001}")]
    [InlineData("((a{1000}){1000}){1000}")]
    [InlineData("\\")]
    public void What_is_malformed_or_not_supported_is_refused(string pattern) =>
        Assert.Throws<FormatException>(() => Pattern.Parse(pattern));

    [Fact]
    public void An_empty_match_behind_a_match_does_not_count()
    {
        var ranges = new List<MatchedRange>();
        Pattern.Parse("b*").FindAll("abba", ranges);
        Assert.Equal([new(0, 0, true), new(0, 1, false), new(1, 3, true), new(3, 4, false), new(4, 4, true)], ranges);
    }

    [Theory]
    [InlineData(@"(a|aa)+$x")]
    [InlineData(@"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+!")]
    [InlineData(@"(?:a|a|a)*b")]
    public void A_pattern_that_backtracks_without_end_elsewhere_ends_here(string pattern)
    {
        var ranges = new List<MatchedRange>();
        string text = string.Concat(Enumerable.Repeat("a a", 2_000)) + new string('a', 5_000);
        Pattern.Parse(pattern).FindAll(text, ranges);
        Assert.Equal([new MatchedRange(0, text.Length, false)], ranges);
    }
}
