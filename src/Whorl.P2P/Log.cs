using Microsoft.Extensions.Logging;

namespace Whorl.P2P;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Debug, "the handler of {Protocol} for {Peer} ended: {Reason}")]
    public static partial void HandlerEnded(ILogger logger, string protocol, PeerId? peer, string reason);

    [LoggerMessage(101, LogLevel.Error, "the handler of {Protocol} for {Peer} failed")]
    public static partial void HandlerFailed(ILogger logger, Exception error, string protocol, PeerId? peer);

    [LoggerMessage(102, LogLevel.Debug, "an inbound connection from {Address} failed: {Reason}")]
    public static partial void InboundFailed(ILogger logger, string address, string reason);
}
