using System.Text;
using Microsoft.Extensions.Logging;
using Whorl.Cli.Output;
using Whorl.Testing;

namespace Whorl.Cli.Tests;

/// <summary>What a server tells its operator: no peer can flood it or write to the terminal.</summary>
public sealed class ConsoleLogTests
{
    private readonly StringBuilder _output = new();
    private readonly ManualTimeProvider _time = new();

    private string[] Lines => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void What_is_below_the_level_is_not_written()
    {
        ConsoleLog log = Log(LogLevel.Warning);
        Write(log, LogLevel.Information, 1, "hidden");
        Write(log, LogLevel.Warning, 2, "shown");
        Assert.EndsWith(" warning: shown", Assert.Single(Lines), StringComparison.Ordinal);
        Assert.False(Log(LogLevel.None).IsEnabled(LogLevel.Critical));
    }

    [Fact]
    public void A_kind_of_message_that_comes_often_is_written_a_few_times_a_second_and_what_was_left_out_is_counted()
    {
        ConsoleLog log = Log(LogLevel.Debug);
        for (int i = 0; i < 10_000; i++)
        {
            Write(log, LogLevel.Warning, 1, "often");
        }

        Write(log, LogLevel.Warning, 2, "another kind");
        Assert.Equal(ConsoleLog.Burst + 1, Lines.Length);
        Assert.EndsWith("another kind", Lines[^1], StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(2));
        for (int i = 0; i < 100; i++)
        {
            Write(log, LogLevel.Warning, 1, "often");
        }

        Assert.Equal(ConsoleLog.Burst + 1 + (2 * ConsoleLog.PerSecond) + 1, Lines.Length);
        Assert.Contains(Lines, line => line.Contains($"({10_000 - ConsoleLog.Burst} more of the next kind were left out)", StringComparison.Ordinal));
    }

    [Fact]
    public void What_peers_say_is_one_short_line_without_terminal_sequences()
    {
        ConsoleLog log = Log(LogLevel.Information);
        Write(log, LogLevel.Information, 1, "a\u001b[2J\u001b]0;title\u0007b\r\nc" + new string('x', 5000));
        string line = Assert.Single(Lines);
        Assert.DoesNotContain('\u001b', line);
        Assert.Contains(" ab c", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 100, 600);
    }

    private ConsoleLog Log(LogLevel least) => new(new StringWriter(_output) { NewLine = "\n" }, least, _time);

    private static void Write(ConsoleLog log, LogLevel level, int kind, string text) => log.Log(level, new EventId(kind), text, null, (state, _) => state);
}
