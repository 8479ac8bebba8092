using System.Text;

namespace Whorl.P2P.Tests;

public sealed class PeerTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain words, as they are: 100 %", "plain words, as they are: 100 %")]
    [InlineData("Grüße aus 東京 🌷", "Grüße aus 東京 🌷")]
    [InlineData(" two\nlines\r\n\tand\u2028a\u0085third  ", "two lines and a third")]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007 \u001b[2Jred\nsecond line", "red second line")]
    [InlineData("\u001b]8;;http://a\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u001bPq#0\u001b\\picture", "picture")]
    [InlineData("\u009b31mred\u009d0;title\u009cagain", "redagain")]
    [InlineData("a string that never ends \u001b]0;swallows the rest", "a string that never ends")]
    [InlineData("\u001b[", "")]
    [InlineData("end\u001b", "end")]
    [InlineData("a\u001b7b\u001bc", "a7bc")]
    [InlineData("bell\u0007 back\b\bspace \u007f nul\0", "bell backspace nul")]
    [InlineData("abc\u202Edcba\u202C\u2066x\u2069\u200B\uFEFF\u00ADy", "abcdcbaxy")]
    [InlineData("private \uE000\U000F0000use", "private use")]
    public void Only_printing_characters_on_one_line_are_left(string text, string expected) => Assert.Equal(expected, PeerText.Clean(text));

    [Fact]
    public void Half_a_pair_of_surrogates_becomes_the_sign_for_it() => Assert.Equal("half \uFFFD pair", PeerText.Clean("half \uD83C pair"));

    [Fact]
    public void No_text_reads_as_an_empty_one() => Assert.Equal("", PeerText.Clean(null));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("abc def", 5, "abc…")]
    [InlineData("abcdef", 1, "…")]
    [InlineData("ab🌷🌷", 5, "ab🌷…")]
    [InlineData("ab🌷🌷", 4, "ab…")]
    [InlineData("abc\u001b[31m\u001b[32m\n\n", 3, "abc")]
    public void A_long_text_is_cut_at_a_character(string text, int maxChars, string expected) => Assert.Equal(expected, PeerText.Clean(text, maxChars));

    [Fact]
    public void A_text_that_is_clean_is_the_same_object_afterwards()
    {
        string text = new StringBuilder("as it ").Append("is").ToString();
        Assert.Same(text, PeerText.Clean(text));
        Assert.True(PeerText.IsClean(text));
        Assert.False(PeerText.IsClean("two\nlines"));
    }

    [Fact]
    public void Whatever_the_characters_the_result_is_one_line_that_prints_and_is_clean()
    {
        Random random = new(7);
        const string Likely = "\u001b[];m\u0007\\ \n\u009b\u009c\u202Ea\uD83C\uDF37";
        for (int round = 0; round < 5000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(
                _ => random.Next(2) == 0 ? Likely[random.Next(Likely.Length)] : (char)random.Next(0x10000)));
            int maxChars = random.Next(1, 50);
            string clean = PeerText.Clean(text, maxChars);
            Assert.True(clean.Length <= maxChars);
            Assert.DoesNotContain(clean, c => char.IsControl(c) || c is '\u202E' or '\u2028');
            Assert.Equal(clean, PeerText.Clean(clean));
            Assert.DoesNotContain("  ", clean, StringComparison.Ordinal);
        }
    }
}
