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

    [LoggerMessage(103, LogLevel.Debug, "{What} ended: {Reason}")]
    public static partial void BackgroundEnded(ILogger logger, string what, string reason);

    [LoggerMessage(104, LogLevel.Error, "{What} failed")]
    public static partial void BackgroundFailed(ILogger logger, Exception error, string what);

    [LoggerMessage(105, LogLevel.Debug, "connected to {Peer} at {Address}, dialled here: {IsDialer}, relayed: {IsRelayed}")]
    public static partial void Connected(ILogger logger, PeerId peer, Multiaddress? address, bool isDialer, bool isRelayed);

    [LoggerMessage(106, LogLevel.Debug, "disconnected from {Peer}: {Reason}")]
    public static partial void Disconnected(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(107, LogLevel.Information, "port {Port} is listened on by IPv4 only, not by IPv6: {Reason}")]
    public static partial void NoIPv6(ILogger logger, int port, string reason);
}
