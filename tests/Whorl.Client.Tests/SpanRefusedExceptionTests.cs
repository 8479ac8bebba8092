using Whorl.Models;
using Whorl.Protocol;

namespace Whorl.Client.Tests;

public sealed class SpanRefusedExceptionTests
{
    [Fact]
    public void What_a_server_says_reaches_the_reader_on_one_line_of_bounded_length_and_cannot_drive_a_terminal()
    {
        SpanRefusedException refused = new("a", new BlockRange(0, 2), SpanFailureCode.BadRequest, "\u001b]0;title\u0007\u001b[31mno\n\u001b[2Jmore" + new string('x', 60_000));
        Assert.StartsWith("server a refused blocks 0..2: no morexxx", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("x…", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.Message.Length, 100, 400);
    }
}
