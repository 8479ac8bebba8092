namespace Whorl.Protocol.Rpc;

/// <summary>The sizes that remote calls keep to.</summary>
public static class RpcLimits
{
    /// <summary>A whole unary message with its envelope, in either direction; p2pd drops longer ones without an answer.</summary>
    public const int MaxUnaryBytes = 4 << 20;

    /// <summary>What the envelope adds at most to the request or response inside a unary message.</summary>
    public const int UnaryEnvelopeBytes = 2048;

    /// <summary>
    /// The payload of one frame of a stream where nothing else is said. hivemind has no limit; the frames of Petals' passes in parts stay just
    /// above 4 MiB, but a step of rpc_inference is one frame however long it is: a prompt of 2048 tokens for BLOOM-176B (14336 values of 16 bits each)
    /// takes 56 MiB.
    /// </summary>
    public const int MaxFrameBytes = 64 << 20;

    /// <summary>
    /// What all requests of one connection may hold from when their length is known until their handler asks for the next one or ends. Beyond it they
    /// are left in their streams. A longer one, where its method allows it, is taken alone.
    /// </summary>
    public const int MaxRequestBytes = MaxFrameBytes;

    /// <summary>
    /// What all long requests of all connections may hold, as those of one connection do: another one is left in its stream until one of them is done with.
    /// Requests of at most <see cref="ShortRequestBytes"/> are not among them, so that they never wait behind long ones.
    /// </summary>
    public const int MaxServerRequestBytes = 4 * MaxRequestBytes;

    /// <summary>A request up to this length is short.</summary>
    public const int ShortRequestBytes = 64 << 10;

    /// <summary>How long a server waits for the next 256 KiB of a long request: whoever begins one and does not go on must not be in others' way.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// What all unary answers of one connection may hold until the caller has taken them. A handler begins when the longest still fits, so that at most
    /// sixteen of a connection compute at once.
    /// </summary>
    public const int MaxAnswerBytes = 16 * MaxUnaryBytes;

    /// <summary>The text of an error.</summary>
    public const int MaxErrorBytes = 64 << 10;

    /// <summary>Requests that a server takes off a stream before its handler asks for them.</summary>
    public const int Prefetch = 5;

    /// <summary>How long a caller may take to read a unary answer; an error of a stream.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(3), ErrorTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of malformed requests that are taken from one connection without delay, and what is gained in a second; each counts as at least so many.</summary>
    public const int MaxFaultBytes = 4 << 20, FaultBytesPerSecond = 1 << 20, LeastFaultBytes = 16 << 10;

    /// <summary>How long the call of a malformed request may have to wait for its end.</summary>
    public static readonly TimeSpan MaxFaultWait = TimeSpan.FromSeconds(10);

    /// <summary>How long a server waits for a unary request to arrive whole.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);
}
