using Microsoft.Extensions.Logging;
using Whorl.P2P;

namespace Whorl;

/// <summary>Every message this project logs.</summary>
internal static partial class Log
{
    [LoggerMessage(400, LogLevel.Information, "whorl {Version}, node {Peer}")]
    public static partial void Started(ILogger logger, string version, PeerId peer);

    [LoggerMessage(401, LogLevel.Information, "joined the swarm: {Nodes} nodes known")]
    public static partial void Joined(ILogger logger, int nodes);

    [LoggerMessage(402, LogLevel.Information, "no nodes to join are given: this one begins a swarm")]
    public static partial void BeginsASwarm(ILogger logger);

    [LoggerMessage(
        403,
        LogLevel.Warning,
        "this node listens on this machine only, but the swarm is elsewhere ({Peer}): nobody there will reach it; give --listen :PORT, or --relay where a NAT is between")]
    public static partial void ListensHereOnly(ILogger logger, PeerAddress peer);

    [LoggerMessage(404, LogLevel.Warning, "port {Port} is in use: listening on another")]
    public static partial void ListensElsewhere(ILogger logger, int port);

    [LoggerMessage(405, LogLevel.Information, "met {Peer} in this network")]
    public static partial void Met(ILogger logger, PeerId peer);

    [LoggerMessage(406, LogLevel.Debug, "{Peer}, found in this network, is no node of a swarm")]
    public static partial void NotMet(ILogger logger, PeerId peer);

    [LoggerMessage(412, LogLevel.Warning, "joining through {Nodes} nodes that were seen before: {Reason}")]
    public static partial void JoinsThroughOthers(ILogger logger, int nodes, string reason);
}
