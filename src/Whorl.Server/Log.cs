using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Server;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "session of {Peer} opened: blocks {Blocks}, at most {MaxLength} tokens; {Sessions} open")]
    public static partial void SessionOpened(ILogger logger, string peer, BlockRange blocks, int maxLength, int sessions);

    [LoggerMessage(2, LogLevel.Information, "session of {Peer} closed: {Tokens} tokens in {Seconds:0.0} s; {Sessions} open")]
    public static partial void SessionClosed(ILogger logger, string peer, int tokens, double seconds, int sessions);

    [LoggerMessage(3, LogLevel.Warning, "{Peer} sent what is no request: {Reason}")]
    public static partial void BadRequest(ILogger logger, string peer, string reason);

    [LoggerMessage(4, LogLevel.Warning, "blocks of {Prefix} were not announced: {Reason}")]
    public static partial void NotAnnounced(ILogger logger, string prefix, string reason);

    [LoggerMessage(5, LogLevel.Information, "blocks of {Prefix} are no longer announced")]
    public static partial void AnnouncingEnds(ILogger logger, string prefix);

    [LoggerMessage(6, LogLevel.Debug, "a step was not pushed to {Peer}: {Reason}")]
    public static partial void NotPushed(ILogger logger, string peer, string reason);

    [LoggerMessage(7, LogLevel.Information, "{Peer} was silent, or neither sent nor read, for too long: its session is closed")]
    public static partial void Silent(ILogger logger, string peer);

    [LoggerMessage(8, LogLevel.Error, "a step could not be computed")]
    public static partial void NotComputed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Information, "a session's stream broke: it is kept for {Seconds} s")]
    public static partial void SessionDetached(ILogger logger, double seconds);

    [LoggerMessage(10, LogLevel.Information, "a session has a stream again: its client has the answer to step {Has}, the last is {Last}")]
    public static partial void SessionAttached(ILogger logger, long has, long last);

    [LoggerMessage(11, LogLevel.Information, "a session was given up, since others needed its memory")]
    public static partial void SessionGivenUp(ILogger logger);

    [LoggerMessage(EventId = 12, Message = "announced as {State}: blocks {Blocks} of {Prefix}")]
    public static partial void Announced(ILogger logger, LogLevel level, ServerState state, BlockRange blocks, string prefix);

    [LoggerMessage(13, LogLevel.Information, "Petals session of {Peer} opened: blocks {Blocks}, {Sequences} sequences of at most {MaxLength} tokens")]
    public static partial void PetalsSessionOpened(ILogger logger, string peer, BlockRange blocks, int sequences, int maxLength);

    [LoggerMessage(14, LogLevel.Information, "Petals session of {Peer} closed: {Tokens} tokens a sequence in {Seconds:0.0} s")]
    public static partial void PetalsSessionClosed(ILogger logger, string peer, int tokens, double seconds);

    [LoggerMessage(15, LogLevel.Information, "a session of {Owner} was handed to {Peer}: {Tokens} tokens, {Mebibytes:0.0} MiB")]
    public static partial void SessionHandedOver(ILogger logger, string owner, string peer, int tokens, double mebibytes);

    [LoggerMessage(16, LogLevel.Information, "a session was not handed to {Peer}: {Reason}")]
    public static partial void NotHandedOver(ILogger logger, string peer, string reason);

    [LoggerMessage(17, LogLevel.Information, "{Peer}, which leaves, has handed over a session of {Owner}: {Tokens} tokens")]
    public static partial void SessionTakenOver(ILogger logger, string peer, string owner, int tokens);

    /// <summary>A peer for people; null is this process.</summary>
    public static string Name(PeerId? peer) => peer is null ? "this process" : PeerId.Shorten(peer.ToString());
}
