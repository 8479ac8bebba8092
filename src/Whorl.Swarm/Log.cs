using Microsoft.Extensions.Logging;

namespace Whorl.Swarm;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(203, LogLevel.Warning, "a record of {Subkey} under {Key} is malformed and was left out: {Reason}")]
    public static partial void MalformedRecord(ILogger logger, string key, string subkey, string reason);
}
