namespace Whorl.Protocol;

/// <summary>Why a server refused, by what the caller can do about it.</summary>
public enum SpanFailureCode
{
    /// <summary>A later version's reason.</summary>
    Unknown = 0,

    /// <summary>The caller's mistake: repeating it will not help.</summary>
    BadRequest = 1,

    /// <summary>Ask for a shorter session, wait, or go elsewhere.</summary>
    OutOfMemory = 2,

    /// <summary>The server's own fault.</summary>
    Internal = 3,

    /// <summary>There is no such session, or not any more: open another one and compute its tokens again.</summary>
    SessionLost = 4,

    /// <summary>The server leaves the swarm and takes no new sessions: go elsewhere.</summary>
    Leaving = 5,
}
