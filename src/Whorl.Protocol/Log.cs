using Microsoft.Extensions.Logging;
using Whorl.P2P;

namespace Whorl.Protocol;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(150, LogLevel.Debug, "the call of {Protocol} by {Peer} ended: {Reason}")]
    public static partial void CallEnded(ILogger logger, string protocol, PeerId? peer, string reason);

    [LoggerMessage(151, LogLevel.Error, "the handler of {Protocol} for {Peer} failed")]
    public static partial void HandlerFailed(ILogger logger, Exception error, string protocol, PeerId? peer);
}
