using Microsoft.Extensions.Logging;
using Whorl.P2P;

namespace Whorl.Cli;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(407, LogLevel.Information, "stopping")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(408, LogLevel.Information, "leaving: no new sessions, and at most {Seconds:0} s for the {Sessions} that are open; Ctrl-C ends them at once")]
    public static partial void Leaving(ILogger logger, double seconds, int sessions);

    [LoggerMessage(409, LogLevel.Warning, "sessions that were cut short: {Sessions}")]
    public static partial void CutShort(ILogger logger, int sessions);

    [LoggerMessage(410, LogLevel.Information, "sessions that others go on with: {Sessions}")]
    public static partial void Moved(ILogger logger, int sessions);

    [LoggerMessage(411, LogLevel.Information, "operator {Peer} asks this server to leave")]
    public static partial void Drained(ILogger logger, PeerId peer);
}
