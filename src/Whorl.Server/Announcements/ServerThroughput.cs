namespace Whorl.Server.Petals;

/// <summary>What a server can do in a second, as Petals counts it (<c>petals/server/throughput.py</c>).</summary>
/// <param name="NetworkRps">Hidden states that its link carries.</param>
/// <param name="ForwardRps">Tokens that it passes through one block, many at once.</param>
/// <param name="InferenceRps">Tokens that it passes through one block, one after the other, with a cache.</param>
public sealed record ServerThroughput(double NetworkRps, double ForwardRps, double InferenceRps)
{
    /// <summary>The link's speed where nobody says it, in bits per second: what Petals takes when it cannot measure.</summary>
    public const double DefaultNetworkBits = 100e6;

    private const int BitsPerValue = 16; // Petals' own, whatever type is sent
    private const double RelayPenalty = 0.2;

    /// <summary>Hidden states per second of a link.</summary>
    /// <param name="bitsPerSecond">The link's speed, the slower direction's.</param>
    /// <param name="boundarySize">Width of a hidden state.</param>
    public static double NetworkRpsOf(double bitsPerSecond, int boundarySize) => bitsPerSecond / ((double)boundarySize * BitsPerValue);

    /// <summary>What a server adds to each of its blocks: limited by its computing, of which a request needs half its blocks on average, or by its link.</summary>
    /// <param name="blocks">How many it holds.</param>
    /// <param name="usesRelay">Whether it is reached through a relay only, which costs four fifths of the link.</param>
    public double Of(int blocks, bool usesRelay) => Math.Min(ForwardRps / ((blocks + 1) / 2.0), NetworkRps * (usesRelay ? RelayPenalty : 1));
}
