namespace Whorl.Server;

/// <summary>What decides whether a session is moved to another server or computed there again.</summary>
/// <param name="LinkBytesPerSecond">What this server's link carries.</param>
/// <param name="ForwardRps">Tokens that a server passes through one block in a second, many at once.</param>
public sealed record MoveCosts(double LinkBytesPerSecond, double ForwardRps)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    /// <summary>How long it takes to send so much.</summary>
    public TimeSpan TimeToSend(long bytes) => Seconds(bytes / LinkBytesPerSecond);

    /// <summary>How long it takes to compute tokens again, for which what entered the first block is sent.</summary>
    /// <param name="tokens">How many.</param>
    /// <param name="blocks">In how many blocks.</param>
    /// <param name="boundarySize">Values of what enters, each of 4 bytes.</param>
    public TimeSpan TimeToReplay(int tokens, int blocks, int boundarySize) =>
        Seconds(((double)tokens * blocks / ForwardRps) + ((double)tokens * boundarySize * sizeof(float) / LinkBytesPerSecond));

    /// <summary>How long sending is given, which the link may be too slow for after all.</summary>
    public TimeSpan LimitOf(long bytes) => TimeToSend(bytes) is var time && time * 2 > Least ? time * 2 : Least;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 4));
}
