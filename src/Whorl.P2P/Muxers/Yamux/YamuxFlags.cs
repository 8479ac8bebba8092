namespace Whorl.P2P.Muxers.Yamux;

/// <summary>What a yamux frame says about its stream besides its content.</summary>
[Flags]
internal enum YamuxFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Opens the stream.</summary>
    Syn = 1,

    /// <summary>Accepts the stream.</summary>
    Ack = 2,

    /// <summary>The sender of this frame will write no more.</summary>
    Fin = 4,

    /// <summary>Both directions are aborted.</summary>
    Rst = 8,
}
