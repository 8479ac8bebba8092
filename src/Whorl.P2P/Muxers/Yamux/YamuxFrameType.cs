namespace Whorl.P2P.Muxers.Yamux;

/// <summary>The kinds of yamux frame, by their number on the wire.</summary>
internal enum YamuxFrameType : byte
{
    /// <summary>Bytes of a stream.</summary>
    Data = 0,

    /// <summary>The sender of this frame may be sent so many bytes more.</summary>
    WindowUpdate = 1,

    /// <summary>A sign of life (SYN), and its echo (ACK).</summary>
    Ping = 2,

    /// <summary>The session ends: 0 normally, 1 for a broken protocol, 2 for an internal error.</summary>
    GoAway = 3,
}
