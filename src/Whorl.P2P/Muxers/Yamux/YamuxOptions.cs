namespace Whorl.P2P.Muxers.Yamux;

/// <summary>The limits of a yamux session: what its peer can make it hold, whatever is sent.</summary>
internal sealed record YamuxOptions
{
    /// <summary>What a stream may have unread before anything was granted: a constant of the protocol.</summary>
    public const int InitialWindowBytes = 256 * 1024;

    /// <summary>The most one stream's window grows to, by doubling, while its reader empties it faster than four round trips.</summary>
    public int MaxWindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>What all windows of a session together may grow beyond their initial size.</summary>
    public int MaxGrowthBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Memory that received and unread bytes of all streams together may take, in arrays. Beyond it the stream that holds most is reset. Less than all
    /// windows: 192 streams that nobody reads fill it.
    /// </summary>
    public int MaxUnreadBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Streams the peer may have open; further ones are reset.</summary>
    public int MaxInboundStreams { get; init; } = 256;

    /// <summary>Streams this side may have open; further ones wait. go-yamux bears no more than 256 that it has not accepted.</summary>
    public int MaxOutboundStreams { get; init; } = 256;

    /// <summary>A peer that was silent so long, while streams are open, is pinged.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The same while no stream is open, when nobody waits for the peer: often enough that the way through a NAT stays open. All such connections of a machine are
    /// looked at together, every interval. Opening a stream over one that was silent for <see cref="KeepAliveInterval"/> pings at once.
    /// </summary>
    public TimeSpan QuietKeepAliveInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A peer that stays silent so long after a ping is taken for dead: with the interval, 8 s after its last sign of life.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
