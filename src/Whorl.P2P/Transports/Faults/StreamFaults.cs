namespace Whorl.P2P;

/// <summary>What goes wrong in one direction of a stream; offsets count its bytes from 0, null never happens.</summary>
public sealed record StreamFaults
{
    /// <summary>Nothing goes wrong.</summary>
    public static StreamFaults None { get; } = new();

    /// <summary>Every byte arrives so much later than it was sent: a writer goes on meanwhile, while on the reading side each read waits so long.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The stream breaks once so many bytes have passed: both sides get an error.</summary>
    public long? CutAfterBytes { get; init; }

    /// <summary>The lowest bit of this byte is flipped on the way.</summary>
    public long? CorruptByteAt { get; init; }

    /// <summary>Bytes from here on are lost without a sign, the end of the stream too, as behind a dead link.</summary>
    public long? DropAfterBytes { get; init; }
}
