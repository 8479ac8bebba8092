using Microsoft.Extensions.Logging;

namespace Whorl.Cli;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(407, LogLevel.Information, "stopping")]
    public static partial void Stopping(ILogger logger);
}
