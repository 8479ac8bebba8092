namespace Whorl.P2P.Multiformats;

/// <summary>How the value of a multiaddr component is written as text.</summary>
internal enum MultiaddressValueForm
{
    /// <summary>There is no value.</summary>
    None,

    /// <summary>An IP address in network order.</summary>
    Ip,

    /// <summary>A big-endian number of the component's size.</summary>
    Number,

    /// <summary>UTF-8 without a slash.</summary>
    Text,

    /// <summary>UTF-8 that may hold slashes and reaches to the end of the address.</summary>
    Path,

    /// <summary>A peer id.</summary>
    Peer,

    /// <summary>Bytes, written in multibase base64url.</summary>
    Multibase,
}
