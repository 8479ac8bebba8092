using System.Text;

namespace Whorl.Generation.Tests;

public sealed class StopStringFilterTests
{
    [Fact]
    public void Text_ends_before_a_stop_string_however_it_comes_in_pieces()
    {
        Random random = new(5);
        for (int round = 0; round < 3000; round++)
        {
            string text = Letters(random, random.Next(30)), stop = Letters(random, random.Next(1, 5));
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            StopStringFilter filter = new([stop]);
            StringBuilder shown = new();
            for (int i = 0; i < text.Length;)
            {
                int length = random.Next(1, Math.Min(4, text.Length - i) + 1);
                shown.Append(filter.Append(text.Substring(i, length)));
                i += length;
            }

            Assert.Equal(at >= 0, filter.Stopped);
            shown.Append(filter.Flush());
            Assert.Equal(at >= 0 ? text[..at] : text, shown.ToString());
        }
    }

    [Fact]
    public void Nothing_is_held_back_that_cannot_begin_a_stop_string()
    {
        StopStringFilter filter = new(["###", "STOP"]);
        Assert.Equal("abc", filter.Append("abc"));
        Assert.Equal("", filter.Append("##"));
        Assert.Equal("##x", filter.Append("xST"));
        Assert.Equal("STA", filter.Append("A"));
        Assert.Equal("end", filter.Append("endSTOPnever"));
        Assert.True(filter.Stopped);
        Assert.Equal("", filter.Append("more"));
        Assert.Equal("", filter.Flush());
    }

    [Theory]
    [InlineData("<|stop|>", " there")]
    [InlineData("there<|stop|>", " ")]
    [InlineData("<|x|> on", " there")]
    [InlineData("re<|stop|><|x|> o", " the")]
    [InlineData("<|stop|><|x|>", " there")]
    [InlineData("p|><|x", " there")]
    public void What_is_not_shown_counts_for_a_stop_string_alone_and_with_what_stands_around_it(string stop, string expected)
    {
        StopStringFilter filter = new([stop]);
        string shown = filter.Append(" there") + filter.Append("<|stop|>", isHidden: true) + filter.Append("<|x|>", isHidden: true) + filter.Append(" on");
        Assert.Equal(expected, shown + filter.Flush());
        Assert.True(filter.Stopped);
    }

    [Theory]
    [InlineData("never")]
    [InlineData("<|stop|>there")]
    [InlineData("there on")]
    [InlineData("")]
    public void What_is_not_shown_stays_so_where_nothing_stops(string stop)
    {
        StopStringFilter filter = new([stop]);
        string shown = filter.Append(" there") + filter.Append("<|stop|>", isHidden: true) + filter.Append(" on");
        Assert.Equal(" there on", shown + filter.Flush());
        Assert.False(filter.Stopped);
    }

    [Fact]
    public void The_first_of_several_ends_the_text_and_empty_ones_do_nothing()
    {
        StopStringFilter filter = new(["", "b", "ab"]);
        Assert.Equal("xx", filter.Append("xxab"));
        Assert.Equal("text", new StopStringFilter([""]).Append("text"));
    }

    private static string Letters(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(2))));
}
