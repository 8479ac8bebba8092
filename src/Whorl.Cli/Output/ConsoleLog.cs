using System.Globalization;
using Microsoft.Extensions.Logging;
using Whorl.P2P;

namespace Whorl.Cli.Output;

/// <summary>What a server has to tell its operator: one line a message, with the time and, unless it is information, the level.</summary>
/// <remarks>
/// Peers cause most messages, so that they must not be able to flood what is written: of each kind <see cref="Burst"/> are written at once, then
/// <see cref="PerSecond"/> a second; how many were left out stands before the next. Texts are cleaned of terminal sequences, and cut.
/// </remarks>
/// <param name="output">Where to.</param>
/// <param name="least">The lowest level that is written.</param>
/// <param name="time">The clock.</param>
internal sealed class ConsoleLog(TextWriter output, LogLevel least, TimeProvider time) : ILogger
{
    /// <summary>So many messages of a kind are written whenever they come.</summary>
    public const int Burst = 50;

    /// <summary>So many more of a kind are written in a second, beyond those.</summary>
    public const int PerSecond = 5;

    private const int LongestText = 500;

    private readonly Lock _gate = new(); // guards the kinds and the output
    private readonly Dictionary<int, Kind> _kinds = []; // as many as the program has messages

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        lock (_gate)
        {
            if (!_kinds.TryGetValue(eventId.Id, out Kind? kind))
            {
                _kinds[eventId.Id] = kind = new Kind { Left = Burst, Since = time.GetTimestamp() };
            }

            if (!kind.TryTake(time))
            {
                return;
            }

            string now = time.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss ", CultureInfo.InvariantCulture);
            if (kind.LeftOut > 0)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now}({kind.LeftOut} more of the next kind were left out)"));
                kind.LeftOut = 0;
            }

            output.WriteLine(now + Name(logLevel) + PeerText.Clean(formatter(state, exception), LongestText));
            if (exception is not null)
            {
                output.WriteLine(exception); // a fault of the program: whoever mends it needs all of it
            }
        }
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug: ",
        LogLevel.Warning => "warning: ",
        LogLevel.Error or LogLevel.Critical => "error: ",
        _ => "",
    };

    private sealed class Kind
    {
        public required double Left { get; set; }

        public required long Since { get; set; }

        public int LeftOut { get; set; }

        public bool TryTake(TimeProvider time)
        {
            Left = Math.Min(Burst, Left + (time.GetElapsedTime(Since).TotalSeconds * PerSecond));
            Since = time.GetTimestamp();
            if (Left < 1)
            {
                LeftOut++;
                return false;
            }

            Left--;
            return true;
        }
    }
}
