using Microsoft.Extensions.Logging;
using Whorl.P2P;

namespace Whorl.Dht;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(200, LogLevel.Debug, "{Method} at {Peer} failed: {Reason}")]
    public static partial void CallFailed(ILogger logger, string method, PeerId? peer, string reason);

    [LoggerMessage(201, LogLevel.Error, "a background task of the DHT failed")]
    public static partial void BackgroundFailed(ILogger logger, Exception error);

    [LoggerMessage(202, LogLevel.Debug, "a value found at {Peer} was not valid")]
    public static partial void InvalidValue(ILogger logger, PeerId peer);

    [LoggerMessage(204, LogLevel.Warning, "the time was corrected after what {Peer} and others say")]
    public static partial void ClockCorrected(ILogger logger, PeerId? peer);
}
